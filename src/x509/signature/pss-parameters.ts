import { contextTag, type DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { readOid, smallCount } from '../asn1/values.ts'
import { isNull, readAlgorithm } from '../certificate/algorithm.ts'

export type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512'

const FIELD = 'RSASSA-PSS-params'

/** RFC 4055 2.2 */
const ID_MGF1 = '1.2.840.113549.1.1.8'

/** RFC 4055 2.1 */
const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'SHA-256'],
  ['2.16.840.1.101.3.4.2.2', 'SHA-384'],
  ['2.16.840.1.101.3.4.2.3', 'SHA-512'],
])

/** Longest salt that fits the largest key: 8192 bits minus a SHA-256 hash and two octets (RFC 8017 9.1.1). */
const MAX_SALT_BYTES = 8_192 / 8 - 32 - 2

export interface PssScheme {
  readonly scheme: 'RSA-PSS'
  readonly hash: Hash
  /** In bytes. */
  readonly saltLength: number
}

/**
 * RSASSA-PSS-params (RFC 4055 3.1): the hash, MGF1 with the same hash, the length of the salt. Hash and mask must be written out,
 * since their default is SHA-1. The other defaults are a salt of 20 bytes and trailer 1. Throws Malformed.
 */
export function readPssParameters(parameters: Tlv | undefined): PssScheme {
  if (parameters?.tag !== TAG.sequence) throw new Malformed(FIELD, 'are missing')
  const members = parameters.open(FIELD)
  const hash = explicit(members, 0, readHash)
  const maskHash = explicit(members, 1, readMaskHash)
  const saltLength = explicit(members, 2, (inner) => smallCount(inner.expect(TAG.integer, FIELD), FIELD)) ?? 20
  const trailer = explicit(members, 3, (inner) => smallCount(inner.expect(TAG.integer, FIELD), FIELD)) ?? 1
  members.end(FIELD)
  if (hash === undefined || maskHash === undefined) throw new Malformed(FIELD, 'name SHA-1 by leaving the hash out')
  if (maskHash !== hash) throw new Malformed(FIELD, 'name different hashes for message and mask')
  if (trailer !== 1) throw new Malformed(FIELD, 'name a trailer other than 1')
  if (saltLength > MAX_SALT_BYTES) throw new Malformed(FIELD, 'name a salt longer than any key')
  return { scheme: 'RSA-PSS', hash, saltLength }
}

/**
 * RFC 4055 3.3: an id-RSASSA-PSS key with parameters verifies only signatures with its hash and at least its salt.
 * Undefined parameters allow any. Throws Malformed.
 */
export function pssKeyAllows(parameters: Tlv | undefined, signature: PssScheme): boolean {
  if (parameters === undefined) return true
  const key = readPssParameters(parameters)
  return key.hash === signature.hash && signature.saltLength >= key.saltLength
}

function explicit<T>(members: DerReader, number: number, read: (inner: DerReader) => T): T | undefined {
  const wrapper = members.optional(contextTag(number, 'constructed'), FIELD)
  if (wrapper === undefined) return undefined
  const inner = wrapper.open(FIELD)
  const value = read(inner)
  inner.end(FIELD)
  return value
}

/** HashAlgorithm. Its parameters are NULL or absent: readers must accept both (RFC 4055 2.1). */
function readHash(reader: DerReader): Hash {
  const { oid, parameters } = readAlgorithm(reader, FIELD)
  const hash = HASHES.get(oid)
  if (hash === undefined) throw new Malformed(FIELD, `name the hash ${oid}, which is not SHA-256, SHA-384 or SHA-512`)
  if (parameters !== undefined && !isNull(parameters)) throw new Malformed(FIELD, 'give the hash parameters')
  return hash
}

/** MaskGenAlgorithm: id-mgf1, whose parameters are a HashAlgorithm. */
function readMaskHash(reader: DerReader): Hash {
  const mask = reader.sequence(FIELD)
  if (readOid(mask, FIELD) !== ID_MGF1) throw new Malformed(FIELD, 'name a mask other than MGF1')
  const hash = readHash(mask)
  mask.end(FIELD)
  return hash
}
