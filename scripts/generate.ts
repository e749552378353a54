/** `npm run generate`: run it after a change to a route, a body schema, docs/errors.md, migrations, src/dashboard, src/testing or src/x509. */
import { writeFileSync } from 'node:fs'
import { buildPackage } from './build/package.ts'
import { runMain } from './cli/usage-error.ts'
import { generatedFiles } from './generate/generated.ts'
import { PROJECT } from './wrangler/wrangler.ts'

await runMain(async () => {
  for (const [path, content] of Object.entries(await generatedFiles())) {
    writeFileSync(`${PROJECT}/${path}`, content)
    console.log(path)
  }
  await buildPackage(`${PROJECT}/dist`)
  console.log('dist')
})
