/** `npm test`: types, lint, unit and end-to-end tests; ends with one line of true counts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { whenToldToEnd } from './cli/lifetime.ts'
import { endTree } from './cli/process-tree.ts'
import { temporaryRoot } from './cli/temporary-root.ts'
import { runMain } from './cli/usage-error.ts'
import { PROJECT } from './wrangler/wrangler.ts'

/** The parts of vitest's JSON report that are counted. */
interface Report {
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

/** Names of what ran, and of what did not: files with the groups and titles of their tests. */
interface Counts {
  readonly passed: string[]
  readonly failed: string[]
  readonly skipped: string[]
}

/** For temporary files, and for the code of wrangler and others as V8 compiled it. It is removed when this process ends. */
const folder = mkdtempSync(join(temporaryRoot(), 'access-mtls-test-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

/** The tools that run now. */
const running = new Set<ChildProcess>()
// SIGKILL, and all below them: what still runs would make its folders again after they are removed.
whenToldToEnd(() => {
  for (const { pid } of running) if (pid !== undefined) endTree(pid, 'SIGKILL')
  process.exit(1)
})

await runMain(async () => {
  const counts: Counts = { passed: [], failed: [], skipped: [] }
  for (const check of [
    // What access-mtls/testing is to the types and the tests.
    ['npm', 'run', '-s', 'build'],
    ['tsc', '-p', '.'],
    ['tsc', '-p', 'tsconfig.node.json'],
    ['biome', 'check', '--error-on-warnings', '.'],
  ]) {
    console.log(`\n> ${check.join(' ')}`)
    counts[(await run(check)) === 0 ? 'passed' : 'failed'].push(check.join(' '))
  }
  const args = process.argv.slice(2)
  // Side by side: the tests in workerd keep one core busy, and those in Node wait for processes half of the time.
  const projects = args.some((arg) => arg.startsWith('--project')) ? [[]] : [['--project=workerd'], ['--project=e2e']]
  const ran = await Promise.all(
    projects.map((project) => runVitest(counts, [...project, '--passWithNoTests', ...args])),
  )
  if (!ran.includes(true)) counts.failed.push(`no test is in ${args.join(' ')}`)
  for (const what of ['skipped', 'failed'] as const) {
    if (counts[what].length > 0) console.log(`\n${what}:\n${counts[what].map((name) => `  ${name}`).join('\n')}`)
  }
  const skipped = counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : ''
  console.log(`\n${counts.passed.length} passed, ${counts.failed.length} failed${skipped}`)
  if (counts.failed.length > 0) process.exitCode = 1
})

/** Runs vitest and adds its tests to the counts; returns whether there were any. */
async function runVitest(counts: Counts, args: readonly string[]): Promise<boolean> {
  const output = join(mkdtempSync(join(folder, 'report-')), 'report.json')
  const code = await run(['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile=${output}`, ...args])
  let results: Report['testResults'] = []
  try {
    results = (JSON.parse(readFileSync(output, 'utf8')) as Report).testResults
  } catch (error) {
    console.error('vitest left no report:', error)
  }
  const failed = results.flatMap((file) => addFile(counts, file)).includes('failed')
  // Errors outside of tests make vitest fail without a failed test.
  if (code !== 0 && !failed) counts.failed.push(`vitest ${args.join(' ')}`)
  return code !== 0 || results.length > 0
}

/** Adds a file's tests to the counts; returns how they ended. One that could not even be loaded has none, and failed. */
function addFile(counts: Counts, { name, status, assertionResults }: Report['testResults'][number]): readonly string[] {
  const file = relative(PROJECT, name)
  const tests = assertionResults.map((test) => ({
    status: test.status,
    name: [file, ...test.ancestorTitles, test.title].join(' > '),
  }))
  if (status === 'failed' && tests.length === 0) tests.push({ status, name: file })
  for (const test of tests) {
    counts[test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped'].push(test.name)
  }
  return tests.map((test) => test.status)
}

/** Runs one of the project's tools (npm puts them on the PATH) and prints what it prints; returns its exit code. */
function run([command = '', ...args]: readonly string[]): Promise<number> {
  // Not the terminal itself: two that redraw it would draw over each other.
  const child = spawn(command, args, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    env: {
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
      ...process.env,
      TMPDIR: folder,
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    },
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  createInterface({ input: child.stdout }).on('line', (line) => console.log(line))
  createInterface({ input: child.stderr }).on('line', (line) => console.error(line))
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? 1))
  })
}
