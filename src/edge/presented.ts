import { fail, mapOk, ok, type Result } from '../core/result.ts'
import { entryOf, type Table } from '../core/table.ts'
import { decodeCertificates, readCertificate, sameOctets, TEXT_FAULT_TEXTS, type TextFault } from '../x509/index.ts'

/** A client's certificate and the certificates that came with it, as DER. */
export interface PresentedChain {
  readonly leaf: Uint8Array
  readonly chain: readonly Uint8Array[]
}

/** Why a text is not the certificate that a client presented. */
export type PresentedFault = TextFault | { readonly reason: 'not_one_certificate'; readonly actual: number }

/** A `NoDecision`. */
interface Unreadable {
  readonly code: 'certificate_unreadable'
  readonly message: string
}

/**
 * Reads the client's own certificate, in any form that decodeCertificates knows, as DER that the decision still has to check.
 * The form of a proxy may hold the chain too. In any other form, several certificates are refused: only the sender knows which
 * one is the client's, and any of them could be let in.
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

/** Reads the certificates that came with the client's own. An empty text stands for none. */
export function readChain(text: string): Result<readonly Uint8Array[], TextFault> {
  return text.trim() === '' ? ok([]) : mapOk(decodeCertificates(text), ({ blocks }) => blocks)
}

/** Reads the client's own certificate and the chain, each from a text. The message says which of the two cannot be read. */
export function readTexts(certificate: string, chain: string): Result<PresentedChain, Unreadable> {
  const leaf = readLeaf(certificate)
  if (!leaf.ok) return unreadable(`the certificate ${textOf(leaf.error)}`)
  const rest = readChain(chain)
  if (!rest.ok) return unreadable(`the chain ${textOf(rest.error)}`)
  return ok({ leaf: leaf.value.leaf, chain: [...leaf.value.chain, ...rest.value] })
}

/** What is wrong with a text, after the name of its field, and what to do about it. */
export const PRESENTED_FAULT_TEXTS: Table<PresentedFault, 'reason', string> = {
  ...TEXT_FAULT_TEXTS,
  not_one_certificate: ({ actual }) =>
    `must be one certificate, not ${actual}: the client's own, which is the first of a fullchain file, goes into certificate, the others into chain`,
}

const textOf = (fault: PresentedFault) =>
  entryOf<PresentedFault, 'reason', string>(PRESENTED_FAULT_TEXTS, 'reason', fault)

function unreadable(message: string) {
  return fail({ code: 'certificate_unreadable', message } as const)
}

/**
 * Whether every other certificate is a CA's, or the client's own once more (RFC 8446 4.4.2). If one is neither, it may be the
 * client's own and the first one a root. Then a client that has only a copy of the root would be let in.
 */
function isChainOf(leaf: Uint8Array, chain: readonly Uint8Array[]): boolean {
  return chain.every((der) => sameOctets(der, leaf) || isCa(der))
}

function isCa(der: Uint8Array): boolean {
  const read = readCertificate(der)
  return read.ok && read.value.extensions.values.basicConstraints?.cA === true
}
