/** Reads and writes certificates and CRLs, and validates paths. Other folders import this file only. */

export { DerReader, TAG } from './asn1/der.ts'
export { ATTRIBUTE_NAMES } from './asn1/oids.ts'
export { integerHex, sameOctets } from './asn1/values.ts'
export { Budget } from './budget.ts'
export { anchorsOf } from './certificate/anchors.ts'
export { type BundlePlace, bundlePlaces } from './certificate/bundle-order.ts'
export { caKeys, caNameKey } from './certificate/ca-keys.ts'
export { type Certificate, type ReadFault, readableCertificates, readCertificate } from './certificate/certificate.ts'
export { sha256 } from './certificate/fingerprint.ts'
export { authorityKeyIdentifier, subjectKeyIdentifier } from './certificate/informing-extensions.ts'
export { type Attribute, displayName, type Name } from './certificate/name.ts'
export { describeKey } from './certificate/public-key.ts'
export type { Crl } from './crl/crl.ts'
export { decodeCrls } from './crl/decode-crl.ts'
export { crlEntriesBySerial } from './crl/entries-by-serial.ts'
export type { CrlFault } from './crl/fault.ts'
export type { CrlOddity } from './crl/oddities.ts'
export { readCrl } from './crl/read-crl.ts'
export { caPathDer, derElements, readCaPath } from './issuer/ca-path.ts'
export { type CaSources, type ProvenCa, proveCa } from './issuer/prove-ca.ts'
export { MAX_CERTIFICATES_PER_UPLOAD, MAX_SERIAL_BYTES } from './limits.ts'
export { clearMailbox, type Holder, holderOf } from './path/holder.ts'
export { isIssuedBy } from './path/issued-by.ts'
export { hostName } from './path/names/host.ts'
export { comparableUri, hasPlainSegments, uriBelow } from './path/names/plain-uri.ts'
export { CLIENT_AUTH, caAllows, keyPurposeName } from './path/purpose.ts'
export type { CheckedCrl, RevocationData } from './path/revocation/revocation.ts'
export type { ValidPath } from './path/search.ts'
export type { TraceStep } from './path/trace.ts'
export { type Anchor, type Registered, TrustSet } from './path/trust-set.ts'
export {
  type Accepted,
  acceptedVerdict,
  certificateRef,
  type Refused,
  refusedVerdict,
} from './path/verdict.ts'
export { type AcceptedPath, type PathOutcome, verifyPath } from './path/verify.ts'
export { PATH_LIMITS } from './path-limits.ts'
export * from './text/index.ts'
export { type DecodedCertificate, decodeUpload, readTwice, type Upload, type UploadFault } from './upload/upload.ts'
