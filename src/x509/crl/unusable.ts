import type { CrlReadFault } from './fault.ts'

/** Thrown inside this folder for a CRL that is well formed but not to be used; caught by readCrl. Never leaves the folder. */
export class Unusable extends Error {
  readonly fault: CrlReadFault

  constructor(fault: CrlReadFault) {
    super(fault.reason)
    this.name = 'Unusable'
    this.fault = fault
  }
}
