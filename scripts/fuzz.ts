/** `npm run fuzz`: gives random inputs to the program in workerd, and looks for what must not happen. */

import { randomInt } from 'node:crypto'
import { readArguments, wholeNumber } from './cli/arguments.ts'
import { runMain, UsageError } from './cli/usage-error.ts'
import { corpusAt } from './fuzz/corpus.ts'
import { startLab } from './fuzz/lab.ts'
import { findingInWords, runInWords } from './fuzz/report.ts'
import { type Extent, type Run, runTarget } from './fuzz/run.ts'
import { TARGETS } from './fuzz/targets/index.ts'

const NAMES = TARGETS.map(({ name }) => name)

const HELP = `npm run fuzz -- [options]

Gives random inputs to the program in workerd: certificates, CRLs and paths whose ASN.1 is changed, texts,
JSON bodies, HTTP requests. A finding is an exception, a status of 500 and above, work beyond the stated
limits, something stored after a refusal, or something accepted that another reader refuses
(docs/conformance.md, "Fuzzing").

  --seconds N    how long in all, divided over the targets. Default 60
  --target NAME  one target only: ${NAMES.slice(0, 5).join(', ')},
                 ${NAMES.slice(5).join(', ')}
  --seed N       a whole number below 2^32, which decides every input. Default: a random one, which is printed
  --at I         with --target and --seed: makes the input of that number again, prints it and judges it
  --help         this text

CERTIFICATE_CORPUS=DIR is a folder of certificates to change. A finding prints the command that makes it
again; the corpus must be the same then.

Exit code: 0 without findings, 1 with one, or when a target accepts nothing, 2 when the command line is not
as described here.`

const OPTIONS = {
  seconds: { type: 'string' },
  target: { type: 'string' },
  seed: { type: 'string' },
  at: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const MAX_SEED = 2 ** 32 - 1

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), OPTIONS)
  if (values.help) {
    console.log(HELP)
    return
  }
  const options = readOptions(values)
  const { seed, at, targets } = options
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / 1_000
  const corpus = corpusAt(process.env['CERTIFICATE_CORPUS'])
  console.log(`fuzz: seed ${seed}, ${corpus.length} certificates of CERTIFICATE_CORPUS`)
  const lab = await startLab()
  const runs: Run[] = []
  try {
    for (const [done, target] of targets.entries()) {
      const weight = targets.slice(done).reduce((sum, one) => sum + one.weight, 0)
      const share = ((options.seconds - elapsed()) * target.weight) / weight
      const extent: Extent = at === undefined ? { seconds: share } : { at }
      const run = await runTarget(target, seed, extent, { corpus, lab })
      for (const finding of run.findings) console.log(findingInWords(finding))
      console.log(runInWords(run))
      runs.push(run)
    }
  } finally {
    await lab.stop()
  }
  const findings = runs.flatMap((run) => run.findings)
  if (findings.length > 0 || runs.some(({ harnessFault }) => harnessFault !== undefined)) process.exitCode = 1
  const inputs = runs.reduce((sum, run) => sum + run.inputs, 0)
  console.log(`fuzz: seed ${seed}, ${Math.round(elapsed())} s, ${inputs} inputs, ${findings.length} findings`)
})

type Values = Readonly<Partial<Record<'seconds' | 'target' | 'seed' | 'at', string | undefined>>>

/** Reads the options, or throws UsageError. */
function readOptions({ seconds = '60', target, seed, at }: Values) {
  if (at !== undefined && (target === undefined || seed === undefined)) {
    throw new UsageError('--at needs --target and --seed: an input has a number in the run of one target')
  }
  const targets = TARGETS.filter(({ name }) => target === undefined || name === target)
  if (targets.length === 0) throw new UsageError(`--target takes one of: ${NAMES.join(', ')}`)
  return {
    targets,
    seconds: wholeNumber('--seconds', seconds, 1, 86_400),
    seed: seed === undefined ? randomInt(MAX_SEED + 1) : wholeNumber('--seed', seed, 0, MAX_SEED),
    at: at === undefined ? undefined : wholeNumber('--at', at, 0, MAX_SEED),
  }
}
