import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Figure, figureOf } from './figure.ts'

/** What a cache takes, and what it thinks that it takes. */
export interface Weighed {
  readonly heapBytes: number
  readonly countedBytes: number
}

/** Roots of a hostname: an account's quota unless it is changed. */
export const WEIGHED_ROOTS = 50

/** What the edge keeps in memory of a thousand hostnames: of real objects, all their roots read. */
export function memoryFigures(roots: readonly string[]): readonly Figure[] {
  const script = fileURLToPath(new URL('memory-process.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', script],
    { input: JSON.stringify(roots), encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`what is kept could not be weighed: ${stderr}`)
  const [shared, own]: readonly Weighed[] = JSON.parse(stdout)
  return [
    { name: `1,000 hostnames, the same ${roots.length} roots`, weighed: shared },
    { name: `1,000 hostnames, ${roots.length} roots of their own`, weighed: own },
  ].map(({ name, weighed }) =>
    figureOf({
      section: 'memory of the edge',
      name,
      unit: 'bytes',
      values: [weighed?.heapBytes ?? Number.NaN],
      floor: { name: "the cache's own count", values: [weighed?.countedBytes ?? Number.NaN] },
    }),
  )
}
