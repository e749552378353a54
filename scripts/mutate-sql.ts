/** `npm run mutate:sql`: puts faults into the SQL of access and ownership, one at a time, and runs the tests that should notice. */

import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { createVitest, type Vitest } from 'vitest/node'
import { readArguments, wholeNumber } from './cli/arguments.ts'
import { runMain } from './cli/usage-error.ts'
import { type SqlMutant, sqlMutants } from './mutate/sql-mutants.ts'

const HELP = `npm run mutate:sql -- [options]

Puts each mutant of scripts/mutate/sql-mutants.ts into the SQL, one at a time, and runs the tests
that should notice, inside workerd. A mutant takes seconds.

  --from N   start with mutant N, counted from 0
  --to N     end with mutant N
  --help     this text

Exit code: 0 when each mutant is noticed, 1 when one is not, 2 when the command line is not as
described here.`

/** How a run ended. `survived`: every test passed. */
type Run = { readonly killedBy: string } | 'survived'

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), {
    from: { type: 'string' },
    to: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) return console.log(HELP)
  const last = sqlMutants.length - 1
  const from = values.from === undefined ? 0 : wholeNumber('--from', values.from, 0, last)
  const to = values.to === undefined ? last : wholeNumber('--to', values.to, from, last)
  process.env['MUTATE_IN'] = 'workerd'
  const vitest = await createVitest('test', {
    config: 'vitest.mutation.config.ts',
    watch: false,
    bail: 1,
    reporters: [{}],
  })
  const began = performance.now()
  let survived = 0
  for (const [index, mutant] of sqlMutants.entries()) {
    if (index < from || index > to) continue
    const run = await runWith(vitest, index, mutant)
    if (run === 'survived') survived += 1
    console.log(`${index} ${run === 'survived' ? 'SURVIVED' : `killed by: ${run.killedBy}`}`)
    console.log(`  ${mutant.file}: ${oneLine(mutant.find)} -> ${oneLine(mutant.replace)}`)
  }
  const seconds = Math.round((performance.now() - began) / 1_000)
  console.log(`mutate:sql: ${to - from + 1} mutants, ${survived} survived, ${seconds} s`)
  await vitest.close()
  process.exitCode = survived === 0 ? 0 : 1
})

async function runWith(vitest: Vitest, index: number, { file, tests }: SqlMutant): Promise<Run> {
  process.env['MUTATE_SQL'] = `${index}`
  vitest.invalidateFile(resolve(file))
  vitest.state.filesMap.clear()
  const { testModules, unhandledErrors } = await vitest.start(tests.flatMap((glob) => globSync(glob)))
  const all = testModules.flatMap((one) => [...one.children.allTests()])
  const failed = all.find((test) => test.result().state === 'failed')
  if (failed !== undefined) return { killedBy: failed.fullName }
  if (testModules.some((one) => one.state() === 'failed') || unhandledErrors.length > 0) {
    return { killedBy: 'a file of tests that cannot run' }
  }
  if (all.some((test) => test.result().state === 'passed')) return 'survived'
  throw new Error('no test ran')
}

function oneLine(sql: string): string {
  return sql.replace(/\s+/g, ' ')
}
