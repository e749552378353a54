import type { WireMessage } from '../../web/envelope.ts'
import type { CoverageLoss } from './coverage-sql.ts'

/** Says for which hostnames no CRL of a CA counts any more, and what to do. */
export function uncoveredNote({ issuer, hostnames, count }: CoverageLoss): WireMessage {
  const more = count - hostnames.length
  const others =
    hostnames.length > 0 ? `${more} more` : `${more} ${more === 1 ? 'hostname' : 'hostnames'} of the account`
  const which = [...hostnames, ...(more > 0 ? [others] : [])].join(', ')
  return {
    code: 12930,
    message: `no CRL of ${issuer} counts any more for ${which}: clients that it revoked may get in there; to prevent that, upload its CRL to a certificate of the account that is above or below this CA`,
  }
}

/** Says how many serial numbers are no longer blocked; no message where none is. */
export function unblockedNotes(blockedSerials: number): readonly WireMessage[] {
  if (blockedSerials === 0) return []
  const words = blockedSerials === 1 ? '1 blocked serial number' : `${blockedSerials} blocked serial numbers`
  const message = `${words} went with the certificate: block them at the certificate that replaces it`
  return [{ code: 12931, message }]
}
