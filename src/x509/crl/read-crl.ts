import type { Result } from '../../result.ts'
import type { Crl } from './crl.ts'
import type { CrlReadFault } from './fault.ts'

export function readCrl(_der: Uint8Array): Result<Crl, CrlReadFault> {
  throw new Error('to come')
}
