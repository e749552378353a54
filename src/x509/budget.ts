import { PATH_LIMITS, type PathLimits } from './path-limits.ts'

/** What is counted during the search. Depth, bytes and intermediates are measured once. */
export type Spending = 'signatureChecks' | 'signatureCost' | 'nameComparisons' | 'candidates'

/** Thrown inside this folder when a limit ends the work. verifyPath catches it and returns a refusal. */
export class LimitReached extends Error {
  readonly limit: keyof PathLimits
  /** The limit's value, in the unit of PathLimits. */
  readonly value: number

  constructor(limit: keyof PathLimits, value: number) {
    super(`limit reached: ${limit} ${value}`)
    this.name = 'LimitReached'
    this.limit = limit
    this.value = value
  }
}

/** Counts the work of one decision against its limits. The caller may read what was spent. */
export class Budget {
  readonly limits: PathLimits
  readonly #spent: Record<Spending, number> = {
    signatureChecks: 0,
    signatureCost: 0,
    nameComparisons: 0,
    candidates: 0,
  }

  constructor(limits: PathLimits = PATH_LIMITS) {
    this.limits = limits
  }

  /** Work done so far, in the units of PathLimits. */
  get spent(): Readonly<Record<Spending, number>> {
    return { ...this.#spent }
  }

  /** Counts work before it is done. Throws LimitReached where it would exceed the limit. */
  spend(what: Spending, amount = 1): void {
    // Negated, so that a limit of NaN allows nothing.
    if (!(this.#spent[what] + amount <= this.limits[what])) throw new LimitReached(what, this.limits[what])
    this.#spent[what] += amount
  }
}
