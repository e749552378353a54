/** `npm run generate`: writes src/http/generated; run it after a change to a route, a body schema or docs/errors.md. */
import { writeFileSync } from 'node:fs'
import { generatedFiles } from './lib/generated.ts'
import { runMain } from './lib/usage-error.ts'
import { PROJECT } from './lib/wrangler.ts'

await runMain(async () => {
  for (const [name, content] of Object.entries(await generatedFiles())) {
    writeFileSync(`${PROJECT}/src/http/generated/${name}`, content)
    console.log(`src/http/generated/${name}`)
  }
})
