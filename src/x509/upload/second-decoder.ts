import { fromBER } from 'asn1js'
import * as pkijs from 'pkijs'
import { EXTENSION } from '../asn1/oids.ts'
import { sameOctets } from '../asn1/values.ts'
import type { Certificate } from '../certificate/certificate.ts'

/**
 * Has pkijs decode a certificate that `readCertificate` has read, and compares the two. An attacker can fool a trust store by an
 * input that two readers understand differently, so a certificate becomes an anchor only where both agree. pkijs can only object:
 * it gets nothing that `readCertificate` refuses.
 *
 * Returns the first field on which they disagree; undefined where they agree. "certificate": pkijs cannot read it.
 */
export function disagreement(ours: Certificate): string | undefined {
  let theirs: pkijs.Certificate
  try {
    // The content of an OCTET STRING is compared as octets, so it is not parsed. asn1js keeps the whole buffer of what it is
    // given, so it gets a copy.
    const { offset, result } = fromBER(ours.der.slice(), { parseEmbedded: false, copyInput: false })
    if (offset === -1) return 'certificate'
    theirs = new pkijs.Certificate({ schema: result })
  } catch {
    return 'certificate'
  }
  return COMPARISONS.find(([, agree]) => !agree(ours, theirs))?.[0]
}

const COMPARISONS: readonly (readonly [string, (ours: Certificate, theirs: pkijs.Certificate) => boolean])[] = [
  ['tbsCertificate', (ours, theirs) => sameOctets(ours.tbs, theirs.tbsView)],
  ['version', (ours, theirs) => ours.version === theirs.version + 1],
  ['serialNumber', (ours, theirs) => sameOctets(ours.serialNumber, theirs.serialNumber.valueBlock.valueHexView)],
  ['signatureAlgorithm', (ours, theirs) => sameAlgorithm(ours.signatureAlgorithm.oid, theirs.signatureAlgorithm)],
  ['tbsCertificate.signature', (ours, theirs) => sameAlgorithm(ours.signatureAlgorithm.oid, theirs.signature)],
  ['signatureValue', (ours, theirs) => sameOctets(ours.signature, theirs.signatureValue.valueBlock.valueHexView)],
  ['issuer', (ours, theirs) => sameName(ours.issuer, theirs.issuer)],
  ['subject', (ours, theirs) => sameName(ours.subject, theirs.subject)],
  ['notBefore', (ours, theirs) => ours.notBefore * 1000 === theirs.notBefore.value.getTime()],
  ['notAfter', (ours, theirs) => ours.notAfter * 1000 === theirs.notAfter.value.getTime()],
  ['subjectPublicKeyInfo', sameKey],
  ['extensions', sameExtensions],
  ['basicConstraints', sameBasicConstraints],
]

/**
 * pkijs prints an OID arc above 2^53 in braces, as octets. Such OIDs are not compared here; the octets around them (name,
 * extension value, TBS) are.
 */
function sameOid(ours: string, theirs: string): boolean {
  return theirs.includes('{') || ours === theirs
}

function sameAlgorithm(ours: string, theirs: pkijs.AlgorithmIdentifier): boolean {
  return sameOid(ours, theirs.algorithmId)
}

/** Compares the octets of the whole name, and of each attribute its type, string type and text. */
function sameName(ours: Certificate['subject'], theirs: pkijs.RelativeDistinguishedNames): boolean {
  const attributes = ours.rdns.flat()
  return (
    sameOctets(ours.der, new Uint8Array(theirs.valueBeforeDecode)) &&
    attributes.length === theirs.typesAndValues.length &&
    attributes.every((attribute, i) => {
      const other = theirs.typesAndValues[i]
      if (other === undefined || !sameOid(attribute.type, other.type)) return false
      const block: unknown = other.value.valueBlock
      const text = typeof block === 'object' && block !== null && 'value' in block ? block.value : undefined
      return (
        sameOctets(attribute.der, new Uint8Array(other.value.valueBeforeDecodeView)) &&
        // A value that is not a character string has no text to compare.
        (attribute.text === null || typeof text !== 'string' || attribute.text === text)
      )
    })
  )
}

function sameKey(ours: Certificate, theirs: pkijs.Certificate): boolean {
  const { algorithm, subjectPublicKey } = theirs.subjectPublicKeyInfo
  return (
    sameAlgorithm(ours.publicKey.algorithm.oid, algorithm) &&
    sameOctets(ours.publicKey.keyOctets, subjectPublicKey.valueBlock.valueHexView)
  )
}

function sameExtensions(ours: Certificate, theirs: pkijs.Certificate): boolean {
  const others = theirs.extensions ?? []
  return (
    ours.extensions.list.length === others.length &&
    ours.extensions.list.every((extension, i) => {
      const other = others[i]
      return (
        other !== undefined &&
        sameOid(extension.oid, other.extnID) &&
        extension.critical === other.critical &&
        sameOctets(extension.value, other.extnValue.valueBlock.valueHexView)
      )
    })
  )
}

/** Compares the extension that makes a CA. The values of all others are compared as octets only, which costs far less. */
function sameBasicConstraints(ours: Certificate, theirs: pkijs.Certificate): boolean {
  const extension = theirs.extensions?.find(({ extnID }) => extnID === EXTENSION.basicConstraints)
  const read = ours.extensions.values.basicConstraints
  if (extension === undefined || read === undefined) return extension === undefined && read === undefined
  const value: unknown = extension.parsedValue
  return (
    value instanceof pkijs.BasicConstraints &&
    value.cA === read.cA &&
    pathLenOf(value.pathLenConstraint) === read.pathLen
  )
}

/** pkijs returns a count of four octets and more as an INTEGER, a smaller one as a number. */
function pathLenOf(value: pkijs.BasicConstraints['pathLenConstraint']): number | undefined {
  return typeof value === 'object' ? Number(value.valueBlock.toString()) : value
}
