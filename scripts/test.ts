/** `npm test`: types, lint, unit and end-to-end tests; ends with one line of true counts. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { runMain } from './cli/usage-error.ts'
import { PROJECT } from './wrangler/wrangler.ts'

/** The parts of vitest's JSON report that are counted. */
interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly ancestorTitles: readonly string[]
      readonly title: string
    }[]
  }[]
}

interface Counts {
  passed: number
  failed: number
  readonly skipped: string[]
}

await runMain(async () => {
  const counts: Counts = { passed: 0, failed: 0, skipped: [] }
  for (const check of [
    ['tsc', '-p', '.'],
    ['tsc', '-p', 'tsconfig.node.json'],
    ['biome', 'check', '--error-on-warnings', '.'],
  ]) {
    console.log(`\n> ${check.join(' ')}`)
    if ((await run(check)) === 0) counts.passed += 1
    else counts.failed += 1
  }
  await runVitest(counts, process.argv.slice(2))
  if (counts.skipped.length > 0) console.log(`\nskipped:\n${counts.skipped.map((name) => `  ${name}`).join('\n')}`)
  const skipped = counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : ''
  console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`)
  if (counts.failed > 0) process.exitCode = 1
})

/** Runs vitest and adds up its tests. A file that could not even be loaded has no tests, and counts as one failure. */
async function runVitest(counts: Counts, args: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-'))
  const output = join(folder, 'report.json')
  const code = await run(['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile=${output}`, ...args])
  const failedBefore = counts.failed
  try {
    addReport(counts, JSON.parse(readFileSync(output, 'utf8')))
  } catch (error) {
    console.error('vitest left no report:', error)
  }
  rmSync(folder, { recursive: true })
  // Errors outside of tests make vitest fail without a failed test.
  if (code !== 0 && counts.failed === failedBefore) counts.failed += 1
}

function addReport(counts: Counts, { testResults }: Report): void {
  for (const file of testResults) {
    if (file.status === 'failed' && file.assertionResults.length === 0) counts.failed += 1
    for (const { status, ancestorTitles, title } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1
      else if (status === 'failed') counts.failed += 1
      else counts.skipped.push([relative(PROJECT, file.name), ...ancestorTitles, title].join(' > '))
    }
  }
}

/** Runs one of the project's tools (npm puts them on the PATH); returns its exit code. */
function run([command = '', ...args]: readonly string[]): Promise<number> {
  const options: SpawnOptions = { cwd: PROJECT, stdio: 'inherit', shell: process.platform === 'win32' }
  return new Promise((resolve, reject) => {
    spawn(command, args, options)
      .on('error', reject)
      .on('exit', (code) => resolve(code ?? 1))
  })
}
