import { fail, ok, type Result } from '../../core/result.ts'
import { DerReader } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { EXTENSION } from '../asn1/oids.ts'
import type { Certificate } from './certificate.ts'
import type { Extension } from './extension-list.ts'
import {
  readAuthorityKeyIdentifier,
  readCertificatePolicies,
  readSubjectAltName,
  readSubjectKeyIdentifier,
} from './extension-values.ts'
import type { GeneralName } from './general-name.ts'

/**
 * Extensions whose values decide nothing by themselves. Each is read once, when a rule asks for it. A malformed value does not
 * make the certificate unreadable; the rule decides what it means.
 */

/** What is wrong with a value: the field in the words of RFC 5280, and the problem. Neither repeats octets of the input. */
export interface ValueFault {
  readonly field: string
  readonly problem: string
}

/** The value of an extension, or why it cannot be read; undefined where the extension is absent. */
type Reading<T> = Result<T, ValueFault> | undefined

/** Makes a function that reads an extension of a certificate to its last octet and remembers the result. */
function whenAsked<T>(
  oid: string,
  name: string,
  read: (value: DerReader, field: string) => T,
): (certificate: Certificate) => Reading<T> {
  const known = new WeakMap<Extension, Result<T, ValueFault>>()
  return ({ extensions }) => {
    const extension = extensions.list.find((candidate) => candidate.oid === oid)
    if (extension === undefined) return undefined
    const reading = known.get(extension) ?? readOnce(extension, name, read)
    known.set(extension, reading)
    return reading
  }
}

function readOnce<T>(
  extension: Extension,
  name: string,
  read: (value: DerReader, field: string) => T,
): Result<T, ValueFault> {
  try {
    const value = DerReader.over(extension.value)
    const result = read(value, name)
    value.end(name)
    return ok(result)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return fail({ field: error.field, problem: error.problem })
  }
}

/** 4.2.1.6: every name, in order. Name constraints ask for them. An empty extension has no names. */
export const subjectAltName: (certificate: Certificate) => Reading<readonly GeneralName[]> = whenAsked(
  EXTENSION.subjectAltName,
  'subjectAltName',
  readSubjectAltName,
)

/** 4.2.1.4: policy ids, dotted. CAs that require an explicit policy ask for them. */
export const certificatePolicies: (certificate: Certificate) => Reading<ReadonlySet<string>> = whenAsked(
  EXTENSION.certificatePolicies,
  'certificatePolicies',
  readCertificatePolicies,
)

const authorityKey = whenAsked(EXTENSION.authorityKeyIdentifier, 'authorityKeyIdentifier', readAuthorityKeyIdentifier)
const subjectKey = whenAsked(EXTENSION.subjectKeyIdentifier, 'subjectKeyIdentifier', readSubjectKeyIdentifier)

/** 4.2.1.1: keyIdentifier, hexadecimal; undefined where none can be read. It only orders candidates. */
export function authorityKeyIdentifier(certificate: Certificate): string | undefined {
  const reading = authorityKey(certificate)
  return reading?.ok ? reading.value : undefined
}

/** 4.2.1.2, hexadecimal; undefined where none can be read. It only orders candidates. */
export function subjectKeyIdentifier(certificate: Certificate): string | undefined {
  const reading = subjectKey(certificate)
  return reading?.ok ? reading.value : undefined
}
