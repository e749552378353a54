import { runMain } from '../cli/usage-error.ts'
import { start } from '../start/command.ts'
import { packagedParts } from '../start/packaged-parts.ts'

await runMain(() => start(process.argv.slice(2), packagedParts()))
