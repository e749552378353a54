import { fail, ok, type Result } from '../result.ts'
import { decodePem, decodeRfc9440, looksLikeRfc9440, type PemFault, type Rfc9440Fault } from '../x509/text/index.ts'

/** Why a text is not the certificate, or the chain, that a client presented. */
export type PresentedFault =
  | PemFault
  | Rfc9440Fault
  | { readonly reason: 'not_one_certificate'; readonly actual: number }

/** Reads one certificate, PEM or RFC 9440, as DER. Whether it is sound DER is for the decision to say. */
export function readLeaf(text: string): Result<Uint8Array, PresentedFault> {
  const read = readList(text)
  if (!read.ok) return read
  const [leaf, ...more] = read.value
  if (leaf === undefined || more.length > 0) return fail({ reason: 'not_one_certificate', actual: read.value.length })
  return ok(leaf)
}

/** Reads the certificates that came with it; an empty text stands for none. */
export function readChain(text: string): Result<readonly Uint8Array[], PresentedFault> {
  return text.trim() === '' ? ok([]) : readList(text)
}

function readList(text: string): Result<readonly Uint8Array[], PresentedFault> {
  return looksLikeRfc9440(text) ? decodeRfc9440(text) : decodePem(text)
}
