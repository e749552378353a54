import { beforeAll, describe, expect, it } from 'vitest'
import { type Run, runScript } from '../support/server.ts'

/** What a run must measure. Tests do not check durations, since machines are noisy. */
const SECTIONS = [
  'bundle',
  'new isolate',
  'decision, nothing cached',
  'decision, roots cached',
  'decision, leaf cached',
  'hostile chain',
  'peers: decision, nothing cached',
  'trust from D1',
  'gateway',
  'decision, D1 at 300 ms',
  'stampede',
  'HTTP',
  'CRL upload',
  'CRL look-up in D1',
  'memory of the edge',
  'growth to 10,000 certificates',
]

const POSITIVE = { asymmetricMatch: (value: unknown) => Number.isFinite(value) && Number(value) > 0 }

describe('npm run bench', () => {
  let run: Run
  beforeAll(async () => {
    run = await runScript('bench', ['--quick', '--json'])
    // A minute alone; the other suite runs beside it.
  }, 300_000)

  it('prints one JSON object, and its progress on standard error', () => {
    expect(run).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^measuring without @peculiar.x509, which --peers installs\nmeasuring /),
    })
    expect(JSON.parse(run.stdout)).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      quick: true,
      machine: { cpu: expect.any(String), cores: POSITIVE, memoryGb: POSITIVE, loadAverage: expect.any(Number) },
      versions: Object.fromEntries(
        ['node', 'workerd', 'miniflare', 'wrangler'].map((name) => [name, expect.stringMatching(/^\d+\.\d+\./)]),
      ),
      figures: expect.any(Array),
    })
  })

  it('has one positive figure for everything, with the floor it was measured against', () => {
    const { figures } = JSON.parse(run.stdout)
    for (const figure of figures) {
      const against = figure.floor && { floor: { name: expect.any(String), median: POSITIVE }, ratio: POSITIVE }
      const unit = expect.stringMatching(/^(?:µs|ms|requests\/s|bytes|loads)$/)
      const own = { section: expect.any(String), name: expect.any(String), unit, median: POSITIVE, rounds: POSITIVE }
      expect(figure).toEqual({ ...own, ...against })
    }
    const names = figures.map(({ section, name }: { section: string; name: string }) => `${section}: ${name}`)
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(figures.map(({ section }: { section: string }) => section))).toEqual(new Set(SECTIONS))
  })

  it('has a floor for everything except sizes and the bare handler', () => {
    const { figures } = JSON.parse(run.stdout)
    const without = figures.filter((figure: { floor?: unknown }) => figure.floor === undefined)
    for (const { section, name } of without) expect(`${section} ${name}`).toMatch(/^bundle |^HTTP bare handler/)
  })

  it.each([['--fast'], ['now']])('refuses %s, and names what it takes', async (argument) => {
    expect(await runScript('bench', [argument])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--quick, --json, --peers, --help'),
    })
  })
})
