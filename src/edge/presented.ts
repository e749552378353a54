import { fail, mapOk, ok, type Result } from '../core/result.ts'
import { decodeCertificates, describeTextFault, readCertificate, sameOctets, type TextFault } from '../x509/index.ts'

/** A client's certificate and what came with it, as DER. */
export interface PresentedChain {
  readonly leaf: Uint8Array
  readonly chain: readonly Uint8Array[]
}

/** Why a text is not the certificate that a client presented. */
export type PresentedFault = TextFault | { readonly reason: 'not_one_certificate'; readonly actual: number }

/** Why no decision is made (`NoDecision`). */
interface Unreadable {
  readonly code: 'certificate_unreadable'
  readonly message: string
}

/**
 * Reads the client's own certificate, in any form that decodeCertificates knows, as DER. Whether it is sound DER is for the
 * decision to say. A proxy's form may bring the chain along; of any other, several certificates are refused: only who sent
 * them can say which is the client's own, and any of them could be let in.
 */
export function readLeaf(text: string): Result<PresentedChain, PresentedFault> {
  const read = decodeCertificates(text)
  if (!read.ok) return read
  const { blocks, order } = read.value
  const [leaf, ...chain] = blocks
  if (leaf === undefined || !(chain.length === 0 || (order === 'handshake' && isChainOf(leaf, chain)))) {
    return fail({ reason: 'not_one_certificate', actual: blocks.length })
  }
  return ok({ leaf, chain })
}

/** Reads the certificates that came with it; an empty text stands for none. */
export function readChain(text: string): Result<readonly Uint8Array[], TextFault> {
  return text.trim() === '' ? ok([]) : mapOk(decodeCertificates(text), ({ blocks }) => blocks)
}

/** The client's own certificate and the chain, each as a text. The message says of which of them nothing could be read. */
export function readTexts(certificate: string, chain: string): Result<PresentedChain, Unreadable> {
  const leaf = readLeaf(certificate)
  if (!leaf.ok) return unreadable(`the certificate ${describePresentedFault(leaf.error)}`)
  const rest = readChain(chain)
  if (!rest.ok) return unreadable(`the chain ${describeTextFault(rest.error)}`)
  return ok({ leaf: leaf.value.leaf, chain: [...leaf.value.chain, ...rest.value] })
}

/** What is wrong with a text, after the name of the field, and what to do about it. */
export function describePresentedFault(fault: PresentedFault): string {
  if (fault.reason !== 'not_one_certificate') return describeTextFault(fault)
  return `must be one certificate, not ${fault.actual}: the client's own, which is the first of a fullchain file, goes into certificate, the others into chain`
}

function unreadable(message: string) {
  return fail({ code: 'certificate_unreadable', message } as const)
}

/**
 * Every other certificate is a CA's, or the client's own once more (RFC 8446 4.4.2). Where one is not, it may be the
 * client's own, and the first its root, which whoever has it must not be let in for.
 */
function isChainOf(leaf: Uint8Array, chain: readonly Uint8Array[]): boolean {
  return chain.every((der) => sameOctets(der, leaf) || isCa(der))
}

function isCa(der: Uint8Array): boolean {
  const read = readCertificate(der)
  return read.ok && read.value.extensions.values.basicConstraints?.cA === true
}
