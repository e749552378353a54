import type { WireMessage } from '../../web/envelope.ts'
import type { CoverageLoss } from './coverage-sql.ts'

/** A CA that no CRL covers any more, for which hostnames, and what to do. */
export function uncoveredNote({ issuer, hostnames, count }: CoverageLoss): WireMessage {
  const more = count - hostnames.length
  const others =
    hostnames.length > 0 ? `${more} more` : `${more} ${more === 1 ? 'hostname' : 'hostnames'} of the account`
  const which = [...hostnames, ...(more > 0 ? [others] : [])].join(', ')
  return {
    code: 12930,
    message: `no CRL of ${issuer} counts any more for ${which}: clients that it revoked may get in there; to have it count again, upload its CRL to a certificate of the account that this CA stands below or above`,
  }
}

/** How many serial numbers are not blocked any more; nothing where that is none. */
export function unblockedNotes(blockedSerials: number): readonly WireMessage[] {
  if (blockedSerials === 0) return []
  const words = blockedSerials === 1 ? '1 blocked serial number' : `${blockedSerials} blocked serial numbers`
  const message = `${words} went with the certificate: block them at the certificate that takes its place`
  return [{ code: 12931, message }]
}
