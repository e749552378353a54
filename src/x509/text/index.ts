/** The face of this folder: how certificates are written as text. Nobody outside imports another file of it. */
export { type DerKind, kindOfDer } from './der-kind.ts'
export { decodePem, type PemFault } from './pem.ts'
export { decodeRfc9440, looksLikeRfc9440, type Rfc9440Fault } from './rfc9440.ts'
