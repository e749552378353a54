/** `npm run conformance -- FILE`: runs path-validation vectors through the verifier, in workerd. */
import { resolve } from 'node:path'
import { readArguments } from './cli/arguments.ts'
import { runMain, UsageError } from './cli/usage-error.ts'
import { readCases } from './conformance/file.ts'
import { readKnownDivergences } from './conformance/known.ts'
import { type Run, runCases, type Tally } from './conformance/run.ts'
import { startVerifier } from './conformance/workerd.ts'

const HELP = `npm run conformance -- FILE [options]

Runs the cases of FILE, which is JSON in the schema of C2SP/x509-limbo, through the verifier in
workerd, and compares with what they expect and with the known divergences in docs/conformance.md.

  --json    print one JSON object: cases, agree, falseAccepts, falseRejects (ids), slowestMs, byTier
  --each    print every case with what the verifier says of it
  --help    this text

Exit code: 0 when every case is as expected or a known divergence, 1 when one is neither or a listed
divergence is gone, 2 when the command line or FILE is not as described here.`

const OPTIONS = {
  json: { type: 'boolean' },
  each: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

await runMain(async () => {
  const { values, positionals } = readArguments(process.argv.slice(2), OPTIONS, 1)
  if (values.help) {
    console.log(HELP)
    return
  }
  const [file] = positionals
  if (file === undefined) throw new UsageError('which file of cases? (--help says more)')
  const cases = readCases(resolve(process.env['INIT_CWD'] ?? '.', file))
  const verifier = await startVerifier()
  try {
    const run = await runCases(cases, readKnownDivergences(), verifier)
    if (values.json) console.log(JSON.stringify(run.summary))
    else print(run, values.each ?? false)
    if (run.complaints.length > 0) process.exitCode = 1
  } finally {
    await verifier.stop()
  }
})

function print({ summary, slowestId, complaints, judgements }: Run, each: boolean): void {
  if (each) for (const { id, actual, because } of judgements) console.log(`${actual} ${id}\n    ${because}`)
  for (const [tier, tally] of Object.entries(summary.byTier)) console.log(`${tier.padEnd(16)} ${inWords(tally)}`)
  console.log(`${'all'.padEnd(16)} ${inWords(summary)}`)
  for (const id of summary.falseAccepts) console.log(`false accept: ${id}`)
  for (const id of summary.falseRejects) console.log(`false reject: ${id}`)
  console.log(`slowest: ${summary.slowestMs} ms, ${slowestId}`)
  for (const line of complaints) console.error(`error: ${line}`)
}

function inWords({ cases, agree, falseAccepts, falseRejects }: Tally): string {
  const percent = cases === 0 ? 100 : Math.floor((1000 * agree) / cases) / 10
  return `${agree}/${cases} agree (${percent} %), ${falseAccepts.length} false accepts, ${falseRejects.length} false rejects`
}
