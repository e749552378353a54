/**
 * Thrown inside this folder when the octets are not a certificate; caught at its public functions, which return a
 * fault instead. It never leaves the folder: what a client can cause is a value, not an exception.
 */
export class Malformed extends Error {
  /** Which field was being read, in the words of RFC 5280 (`tbsCertificate.serialNumber`). */
  readonly field: string
  /** What is wrong with it; holds no octets of the input. */
  readonly problem: string

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`)
    this.name = 'Malformed'
    this.field = field
    this.problem = problem
  }
}

/** Thrown in place of Malformed when a limit of limits.ts ends the reading, so that the answer can name the limit. */
export class TooComplex extends Malformed {}
