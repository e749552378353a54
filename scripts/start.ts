/** `npm start`: the service on this machine, with something in it from the first minute. */
import { runMain } from './cli/usage-error.ts'
import { start } from './start/command.ts'
import { repositoryParts } from './start/repository-parts.ts'

await runMain(() => start(process.argv.slice(2), repositoryParts()))
