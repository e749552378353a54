/** What was measured in rounds, a value a round; and what was measured against it in the same rounds. */
export interface Compared {
  readonly section: string
  readonly name: string
  readonly unit: Unit
  readonly values: readonly number[]
  readonly floor?: { readonly name: string; readonly values: readonly number[] }
}

export type Unit = 'µs' | 'ms' | 'requests/s' | 'bytes' | 'loads'

/** One line of the bench's report. */
export interface Figure {
  readonly section: string
  readonly name: string
  readonly unit: Unit
  /** Median over the rounds. */
  readonly median: number
  readonly floor?: { readonly name: string; readonly median: number }
  /** How many times the floor it costs: median of the rounds' own ratios. A rate is turned round, so more is dearer. */
  readonly ratio?: number
  readonly rounds: number
}

export function figureOf({ section, name, unit, values, floor }: Compared): Figure {
  const own = { section, name, unit, median: median(values), rounds: values.length }
  if (floor === undefined) return own
  const ratios = values.map((value, round) => costRatio(unit, value, floor.values[round] ?? Number.NaN))
  return { ...own, floor: { name: floor.name, median: median(floor.values) }, ratio: median(ratios) }
}

function costRatio(unit: Unit, value: number, floor: number): number {
  return unit === 'requests/s' ? floor / value : value / floor
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value below which a share (0 to 1) of the values lie; between two of them, by their distance. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}
