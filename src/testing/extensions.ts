import {
  ascii,
  type Bytes,
  bits,
  bool,
  bytes,
  explicit,
  implicit,
  int,
  octets,
  oid,
  seq,
  set,
  tlv,
  utf8,
} from './der.ts'

/** Names and extensions of certificates and CRLs (RFC 5280 4.2 and 5.2) as DER. */

/** A distinguished name of RDNs with one attribute each: its type, and its value as text (a UTF8String) or as DER. */
export const nameOf = (...rdns: readonly (readonly [type: string, value: string | Bytes])[]): Bytes =>
  seq(...rdns.map(([type, value]) => set(seq(oid(type), typeof value === 'string' ? utf8(value) : value))))

/** A distinguished name of one CN. */
export const name = (cn: string): Bytes => nameOf(['2.5.4.3', cn])

export const extension = (id: string, value: Bytes, critical?: boolean): Bytes =>
  seq(oid(id), ...(critical === undefined ? [] : [bool(critical)]), octets(value))

export const basicConstraints = (cA: boolean, pathLen?: number): Bytes =>
  extension('2.5.29.19', seq(...(cA ? [bool(true)] : []), ...(pathLen === undefined ? [] : [int(pathLen)])), true)

/** keyUsage from the octet with its first eight bits: 0x04 is keyCertSign, 0x80 digitalSignature. */
export const keyUsage = (octet: number, unused: number): Bytes =>
  extension('2.5.29.15', bits(Uint8Array.of(octet), unused), true)

export const extKeyUsage = (...oids: readonly string[]): Bytes => extension('2.5.29.37', seq(...oids.map(oid)))

export const subjectAltName = (names: readonly Bytes[], critical?: boolean): Bytes =>
  extension('2.5.29.17', seq(...names), critical)

export const subjectKeyIdentifier = (id: Bytes): Bytes => extension('2.5.29.14', octets(id))
export const authorityKeyIdentifier = (id: Bytes): Bytes => extension('2.5.29.35', seq(implicit(0, id)))

export const certificatePolicies = (...ids: readonly string[]): Bytes =>
  extension('2.5.29.32', seq(...ids.map((id) => seq(oid(id)))))

/** GeneralNames (RFC 5280 4.2.1.6). */
export const dns = (value: string): Bytes => implicit(2, ascii(value))
export const email = (value: string): Bytes => implicit(1, ascii(value))
export const uri = (value: string): Bytes => implicit(6, ascii(value))
export const ip = (...address: readonly number[]): Bytes => implicit(7, address)
export const directory = (value: Bytes): Bytes => explicit(4, value)
export const registeredId = (id: string): Bytes => implicit(8, oid(id).subarray(2))
export const otherName = (id: string): Bytes => explicit(0, oid(id), explicit(0, utf8('a')))

export interface Subtrees {
  readonly permitted?: readonly Bytes[]
  readonly excluded?: readonly Bytes[]
}

/** A critical nameConstraints extension, from the base of each subtree. */
export function nameConstraints({ permitted, excluded }: Subtrees): Bytes {
  const subtrees = (bases: readonly Bytes[] | undefined, number: number) =>
    bases === undefined ? bytes() : explicit(number, ...bases.map((base) => seq(base)))
  return extension('2.5.29.30', seq(subtrees(permitted, 0), subtrees(excluded, 1)), true)
}

/** cRLNumber, from what int() takes. */
export const crlNumber = (value: number | bigint | Bytes, critical?: boolean): Bytes =>
  extension('2.5.29.20', int(value), critical)

/** reasonCode of a CRL's entry (RFC 5280 5.3.1). */
export const reasonCode = (reason: number, critical?: boolean): Bytes =>
  extension('2.5.29.21', tlv(0x0a, [reason]), critical)

/** issuingDistributionPoint of these members, each under its implicit tag. */
export const issuingDistributionPoint = (members: readonly Bytes[], critical = true): Bytes =>
  extension('2.5.29.28', seq(...members), critical)
