import type { Result } from '../../result.ts'
import type { Certificate } from '../certificate.ts'
import type { Crl } from './crl.ts'
import type { CrlCheckFault } from './fault.ts'

export function checkCrl(
  _crl: Crl,
  _cas: readonly Certificate[],
  _at: number,
): Promise<Result<{ readonly ca: Certificate; readonly index: number }, CrlCheckFault>> {
  throw new Error('to come')
}
