/** Certificates as text. Other folders import this file only. */
export { decodeCertificates, type TextCertificates, type TextFault } from './decode.ts'
export { type DerKind, kindOfDer } from './der-kind.ts'
export { decodePem, encodePem, type PemFault } from './pem.ts'
export { plainText } from './plain.ts'
export { type PrivateKeyForm, privateKeyIn } from './private-key.ts'
export { decodeRfc9440 } from './rfc9440.ts'
export { TEXT_FAULT_TEXTS } from './words.ts'
