import { describe, expect, it } from 'vitest'
import { figureOf, median, percentile } from '../../../scripts/bench/figure.ts'

describe('the figures of npm run bench', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('median of %j', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  it.each([
    [0, 10],
    [0.5, 30],
    [0.95, 48],
    [1, 50],
  ])('percentile %d', (share, expected) => {
    expect(percentile([50, 10, 40, 20, 30], share)).toBeCloseTo(expected)
  })

  const compared = { section: 's', name: 'n', values: [10, 40, 30], floor: { name: 'f', values: [5, 10, 10] } }

  it('compares round by round, not the medians', () => {
    expect(figureOf({ ...compared, unit: 'µs' })).toEqual({
      section: 's',
      name: 'n',
      unit: 'µs',
      median: 30,
      floor: { name: 'f', median: 10 },
      ratio: 3,
      rounds: 3,
    })
  })

  it('inverts a rate: half the requests of the floor cost twice as much', () => {
    const rates = { ...compared, values: [50, 50, 50], floor: { name: 'f', values: [100, 100, 200] } }
    expect(figureOf({ ...rates, unit: 'requests/s' }).ratio).toBe(2)
  })

  it('has no ratio without a floor', () => {
    expect(figureOf({ section: 's', name: 'n', unit: 'bytes', values: [9] })).toEqual({
      section: 's',
      name: 'n',
      unit: 'bytes',
      median: 9,
      rounds: 1,
    })
  })
})
