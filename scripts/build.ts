/** `npm run build`: makes dist/, which the package consists of. npm runs it after an installation of this repository, too. */

import { buildPackage } from './build/package.ts'
import { runMain } from './cli/usage-error.ts'
import { PROJECT } from './wrangler/wrangler.ts'

await runMain(async () => {
  await buildPackage(`${PROJECT}/dist`)
})
