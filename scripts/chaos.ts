/** `npm run chaos`: kills the process that stores, again and again, and looks for what was lost or is there by half. */

import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acknowledgedOf, type ChaosReport, runChaos } from './chaos/run.ts'
import { readArguments, wholeNumber } from './cli/arguments.ts'
import { whenToldToEnd } from './cli/lifetime.ts'
import { runMain } from './cli/usage-error.ts'

const DEFAULT_WRITES = 5_000
const DEFAULT_SECONDS = 600
const MAX_SEED = 2 ** 32 - 1

const HELP = `npm run chaos -- [options]

Starts the API in workerd with a database of its own, writes to it from several clients at once, and
ends workerd with SIGKILL at random moments. After each kill, everything that was answered with
success must be there, with its change, and everything else as a whole or not at all.

  --writes N    end after so many writes that were answered (default ${DEFAULT_WRITES})
  --seconds N   end after so many seconds (default ${DEFAULT_SECONDS})
  --seed N      of what is written, and when the process is killed (default: a random one, which is printed)
  --help        this text

Exit code: 0 when nothing was found, 1 when something was, 2 when the command line is not as
described here. The folder of the database is kept when something was found.`

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), {
    writes: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) return console.log(HELP)
  const number = (option: 'writes' | 'seconds' | 'seed', fallback: number, min: number, max: number) => {
    const given = values[option]
    return given === undefined ? fallback : wholeNumber(`--${option}`, given, min, max)
  }
  const writes = number('writes', DEFAULT_WRITES, 1, 10_000_000)
  const seconds = number('seconds', DEFAULT_SECONDS, 1, 1_000_000)
  const seed = number('seed', randomInt(MAX_SEED), 0, MAX_SEED)
  console.error(`seed ${seed}`)
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-chaos-'))
  whenToldToEnd(() => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(1)
  })
  const report = await runChaos({ folder, writes, seconds, seed, say: (line) => console.error(line) })
  console.log(inWords(report))
  const { kills, findings } = report
  if (findings.length === 0) rmSync(folder, { recursive: true, force: true })
  else console.log(`the database is in ${folder}`)
  console.log(`chaos: seed ${seed}, ${acknowledgedOf(report)} writes, ${kills} kills, ${findings.length} findings`)
  process.exitCode = findings.length === 0 ? 0 : 1
})

/** Writes by their kinds, and those that were not answered. */
function inWords({ acknowledged, unanswered, carriedOut, refused, logBytes, brokenOff }: ChaosReport): string {
  const kinds = [...acknowledged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind}: ${count}`)
  return [
    ...kinds,
    `not answered: ${unanswered}, of which ${carriedOut} were carried out`,
    `uploads of CRLs that broke off: ${brokenOff}`,
    `reverts that were refused: ${refused}`,
    `write-ahead log after a kill: up to ${Math.ceil(logBytes / 1_024)} KiB`,
  ].join('\n')
}
