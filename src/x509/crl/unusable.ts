import type { CrlReadFault } from './fault.ts'

/** Thrown inside this folder for a CRL that is well formed but cannot be used. readCrl catches it. */
export class Unusable extends Error {
  readonly fault: CrlReadFault

  constructor(fault: CrlReadFault) {
    super(fault.reason)
    this.name = 'Unusable'
    this.fault = fault
  }
}
