/** `npm run bench`: what things cost, against the least that they could cost on the same machine in the same run. */

import { measure } from './bench/measure.ts'
import { FULL, QUICK } from './bench/plan.ts'
import { inWords, surroundings } from './bench/report.ts'
import { readArguments } from './cli/arguments.ts'
import { runMain } from './cli/usage-error.ts'

const HELP = `npm run bench -- [options]

Measures decisions, requests, start-up and sizes in workerd, each against a floor that is measured
in the same rounds. Says medians and ratios: a machine that is busy makes both sides slower.
docs/performance.md says what each line means.

  --quick   fewer rounds: under a minute instead of 5 minutes. The first time that all is measured
            takes 3 minutes more, and 3 GB: databases that have grown are kept in .wrangler/bench
  --json    print one JSON object: at, quick, machine, versions, figures
  --peers   npm ci in scripts/bench/peers first, and measure what it installs: @peculiar/x509
  --help    this text

Exit code: 0 when everything could be measured, 1 when it could not, 2 when the command line is not
as described here. No figure is ever too slow for it.`

const OPTIONS = {
  quick: { type: 'boolean' },
  json: { type: 'boolean' },
  peers: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), OPTIONS)
  if (values.help) {
    console.log(HELP)
    return
  }
  const quick = values.quick ?? false
  const before = surroundings(new Date(), quick)
  const say = (what: string) => console.error(`measuring ${what}`)
  const report = { ...before, figures: await measure(quick ? QUICK : FULL, values.peers ?? false, say) }
  console.log(values.json ? JSON.stringify(report) : inWords(report))
})
