/**
 * Thrown inside this folder when octets are malformed. Its public functions catch it and return a fault, since what a client
 * can cause is a value, not an exception.
 */
export class Malformed extends Error {
  /** The field that was read, in the words of RFC 5280 (`tbsCertificate.serialNumber`). */
  readonly field: string
  /** What is wrong with the field, without octets of the input. */
  readonly problem: string

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`)
    this.name = 'Malformed'
    this.field = field
    this.problem = problem
  }
}

/** Thrown where a limit of limits.ts ends the reading, so that the answer can name the limit. */
export class TooComplex extends Malformed {}
