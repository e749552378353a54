import type { Result } from '../../result.ts'
import type { CrlTextFault } from './fault.ts'

export function decodeCrl(_octets: Uint8Array): Result<Uint8Array, CrlTextFault> {
  throw new Error('to come')
}
