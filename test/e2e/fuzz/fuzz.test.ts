import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { PATH_CLASSES } from '../../../scripts/fuzz/known-paths.ts'
import { Random } from '../../../scripts/fuzz/random.ts'
import { TARGETS } from '../../../scripts/fuzz/targets/index.ts'
import { KNOWN } from '../../../scripts/fuzz/worker/known.ts'
import { type Run, runScript } from '../support/server.ts'

/** For targets that are not to reach workerd. */
const SETUP = {
  corpus: [],
  lab: { ask: () => Promise.reject(new Error('no workerd here')), stop: async () => undefined },
}

describe('npm run fuzz -- --seconds 60', () => {
  let run: Run
  beforeAll(async () => {
    run = await runScript('fuzz', ['--seconds', '60'])
    console.log(run.stdout + run.stderr)
  }, 300_000)

  it('finds nothing', () => {
    expect(run.stdout).not.toContain('FINDING')
    expect(run.stdout).not.toContain('FAULT')
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })

  it('prints its seed at the start, and the counts at the end', () => {
    const seed = /^fuzz: seed (\d+), \d+ certificates/.exec(run.stdout)?.[1]
    expect(run.stdout.trim().split('\n').at(-1)).toMatch(
      new RegExp(`^fuzz: seed ${seed}, \\d+ s, \\d{4,} inputs, 0 findings$`),
    )
  })

  it.each(TARGETS.map(({ name }) => name))('gives %s inputs that are accepted and refused', (name) => {
    const [, accepted, refused] =
      new RegExp(`^${name}: .*\\n  accepted: (.*)\\n  refused: (.*)$`, 'm').exec(run.stdout) ?? []
    expect(accepted).toMatch(/^\d/)
    expect(refused).toMatch(/^\d+ .+, \d+ /)
  })
})

describe('a seed decides', () => {
  const inNode = TARGETS.filter(({ name }) => name !== 'json' && name !== 'http')
  it.each(inNode.map((target) => [target.name, target] as const))('every octet of %s', async (name, target) => {
    const inputs = async (seed: number) => {
      const session = await target.open(SETUP)
      return Array.from({ length: 40 }, (_, i) => session.show(session.make(new Random(seed, name, i))))
    }
    const first = await inputs(1)
    expect(await inputs(1)).toEqual(first)
    expect(await inputs(2)).not.toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(20)
  })
})

describe('the command line', () => {
  it.each([
    [['--at', '1'], /--at needs --target and --seed/],
    [['--target', 'x'], /--target takes one of: pem, certificate/],
    [['--seed', '4294967296'], /--seed takes a whole number from 0 to 4294967295/],
    [['--seconds', '0'], /--seconds takes a whole number from 1/],
  ])('%j is refused', async (args, message) => {
    expect(await runScript('fuzz', args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
  })

  it('--at makes one input again, and prints it', async () => {
    const args = ['--target', 'hostname', '--seed', '7', '--at', '12']
    const [first, second] = [await runScript('fuzz', args), await runScript('fuzz', args)]
    const printed = (run: Run) => run.stdout.replace(/\d+(?:\.\d+)? s\b| \(\d+\/s\)/g, '')
    expect(first.code).toBe(0)
    expect(printed(second)).toBe(printed(first))
    expect(first.stdout).toMatch(/hostname: 1 inputs/)
  })
})

it('the known classes are those of docs/conformance.md', () => {
  const text = readFileSync(new URL('../../../docs/conformance.md', import.meta.url), 'utf8')
  const section = text.slice(text.indexOf('## Fuzzing'))
  const listed = [...section.matchAll(/^\| ([a-z-]+) \| (?:certificate|path) \|/gm)].map(([, name]) => name)
  const names = [...KNOWN, ...PATH_CLASSES].map(({ name }) => name)
  // Those that chains of all kinds show too are listed there.
  const elsewhere = ['key-identifiers-differ', 'ca-any-purpose', 'ca-leaf-key-usage', 'self-issued-without-identifiers']
  expect(listed.sort()).toEqual([...new Set(names)].filter((name) => !elsewhere.includes(name)).sort())
  for (const name of elsewhere) expect(text).toContain(`| ${name} | accepted |`)
})
