import { fail, ok, type Result } from '../../core/result.ts'
import { DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { integerOctets, octetAlignedBitString, sameOctets } from '../asn1/values.ts'
import { type AlgorithmIdentifier, readAlgorithm } from '../certificate/algorithm.ts'
import { readName } from '../certificate/name.ts'
import { MAX_CRL_BYTES } from '../limits.ts'
import type { Crl } from './crl.ts'
import { readCrlExtensions } from './crl-extensions.ts'
import { readCrlTime } from './crl-time.ts'
import type { CrlReadFault } from './fault.ts'
import { Oddities } from './oddities.ts'
import { readEntries } from './read-entries.ts'
import { Unusable } from './unusable.ts'

const NO_OCTETS = new Uint8Array()

/**
 * Reads one CRL to its last octet, every entry included: DER only, the fields of RFC 5280 5.1, and the extensions of 5.2 and 5.3
 * that decide something. It must be complete and direct, and cover all reasons. What the RFC forbids but decides nothing is read
 * and noted, since refusing the CRL would let in the clients that it lists. checkCrl checks time and signature. Bounded by
 * limits.ts; never throws for what `der` holds; keeps no object for an entry.
 */
export function readCrl(der: Uint8Array): Result<Crl, CrlReadFault> {
  if (der.length > MAX_CRL_BYTES) {
    return fail({ reason: 'crl_too_large', bytes: der.length, limitBytes: MAX_CRL_BYTES })
  }
  try {
    return ok(read(der))
  } catch (error) {
    if (error instanceof Unusable) return fail(error.fault)
    if (!(error instanceof Malformed)) throw error
    return fail({ reason: 'crl_malformed', field: error.field, problem: error.problem })
  }
}

/** CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue } */
function read(der: Uint8Array): Crl {
  const outer = DerReader.over(der)
  const members = outer.sequence('certificateList')
  outer.end('certificateList')
  const tbs = members.expect(TAG.sequence, 'tbsCertList')
  const signatureAlgorithm = readAlgorithm(members, 'signatureAlgorithm')
  const signature = octetAlignedBitString(members.expect(TAG.bitString, 'signatureValue'), 'signatureValue')
  members.end('certificateList')
  return { der, tbs: tbs.der, signatureAlgorithm, signature, ...readTbs(tbs, signatureAlgorithm) }
}

type TbsFields = Omit<Crl, 'der' | 'tbs' | 'signatureAlgorithm' | 'signature'>

/** TBSCertList, field by field (RFC 5280 5.1.2). */
function readTbs(tbs: Tlv, signatureAlgorithm: AlgorithmIdentifier): TbsFields {
  const members = tbs.open('tbsCertList')
  const oddities = new Oddities()
  const version = readVersion(members, oddities)
  // 5.1.1.2: the outer identifier is not signed. It must be the same as the signed one, or an attacker could replace it.
  if (!sameOctets(readAlgorithm(members, 'tbsCertList.signature').der, signatureAlgorithm.der)) {
    throw new Malformed('signatureAlgorithm', 'differs from tbsCertList.signature')
  }
  const issuer = readName(members, 'tbsCertList.issuer')
  if (issuer.rdns.length === 0) throw new Malformed('tbsCertList.issuer', 'is empty (RFC 5280 5.1.2.3)')
  const thisUpdate = readCrlTime(members, 'tbsCertList.thisUpdate', oddities)
  const nextUpdate = readNextUpdate(members, oddities)
  const entriesDer = members.optional(TAG.sequence, 'tbsCertList.revokedCertificates')?.content
  // 5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent." An empty one means the same.
  if (entriesDer?.length === 0) oddities.add({ oddity: 'empty', field: 'revokedCertificates' })
  // Read before the entries, so that a fault of the whole CRL is told before that of one entry.
  const extensions = readCrlExtensions(members, issuer, oddities)
  members.end('tbsCertList')
  const entries = entriesDer === undefined ? 0 : readEntries(entriesDer, oddities)
  if (thisUpdate >= nextUpdate) throw new Unusable({ reason: 'crl_dates_reversed', thisUpdate, nextUpdate })
  const dates = { thisUpdate, nextUpdate }
  const list = { entries, entriesDer: entriesDer ?? NO_OCTETS }
  return { version, issuer, ...dates, ...extensions, ...list, oddities: oddities.list }
}

/**
 * 5.1.2.1: `INTEGER OPTIONAL`, 1 for version 2. Where it is absent, the version is 1, which `openssl ca` writes unless it is told
 * to add an extension. Extensions of a CRL of version 1 count, although version 1 has none.
 */
function readVersion(members: DerReader, oddities: Oddities): 1 | 2 {
  const field = 'tbsCertList.version'
  const tlv = members.optional(TAG.integer, field)
  const octets = tlv === undefined ? [0] : integerOctets(tlv, field)
  if (octets.length === 1 && octets[0] === 1) return 2
  if (octets.length > 1 || octets[0] !== 0) throw new Malformed(field, 'is neither 1 nor 2')
  oddities.add({ oddity: 'version_1' })
  return 1
}

/** 5.1.2.5: OPTIONAL in the syntax, but "Conforming CRL issuers MUST include the nextUpdate field in all CRLs". */
function readNextUpdate(members: DerReader, oddities: Oddities): number {
  const field = 'tbsCertList.nextUpdate'
  const tag = members.nextTag
  if (tag !== TAG.utcTime && tag !== TAG.generalizedTime) throw new Malformed(field, 'is missing (RFC 5280 5.1.2.5)')
  return readCrlTime(members, field, oddities)
}
