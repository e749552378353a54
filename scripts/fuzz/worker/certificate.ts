import { certificatePolicies, subjectAltName } from '../../../src/x509/certificate/informing-extensions.ts'
import { displayName } from '../../../src/x509/certificate/name.ts'
import { authorityKeyIdentifier, readCertificate, subjectKeyIdentifier } from '../../../src/x509/index.ts'
import { MAX_TLVS } from '../../../src/x509/limits.ts'
import { caFaults } from '../../../src/x509/upload/ca-rules.ts'
import { fromBase64 } from '../base64.ts'
import type { Observation } from '../wire.ts'
import { factsOf, pkijsProblem } from './known.ts'
import { beyond, measured } from './work.ts'

/** An RSA key is read by a reader of its own. */
const MOST_VALUES = MAX_TLVS + 3

/** Reads DER as a certificate, and asks for all that is read later. */
export async function observeCertificate(base64: string): Promise<Observation> {
  const { result: read, work } = await measured(() => readCertificate(fromBase64(base64)))
  const problem = beyond('values', work.values, MOST_VALUES)
  if (!read.ok) {
    const field = 'field' in read.error ? ` ${read.error.field}` : ''
    return { accepted: false, reason: `${read.error.reason}${field}`, problem }
  }
  const certificate = read.value
  for (const name of [certificate.subject, certificate.issuer]) displayName(name)
  for (const ask of [authorityKeyIdentifier, subjectKeyIdentifier, subjectAltName, certificatePolicies, caFaults]) {
    const { work: more } = await measured(() => ask(certificate))
    // caFaults processes each critical extension, of which there may be as many as are known.
    const late = beyond('values of extensions', more.values, ask === caFaults ? 8 * MAX_TLVS : MAX_TLVS)
    if (late !== undefined) return { accepted: true, reason: 'read', problem: late }
  }
  return {
    accepted: true,
    reason: 'read',
    problem: problem ?? pkijsProblem(certificate),
    facts: [factsOf(certificate)],
  }
}
