import { contextTag, DerReader } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { EXTENSION } from '../asn1/oids.ts'
import { type Extension, type KnownExtension, readExtensionList } from './extension-list.ts'
import {
  type BasicConstraints,
  checkCriticalPolicies,
  checkDistributionPoints,
  checkInhibitAnyPolicy,
  checkPolicyConstraints,
  checkPolicyMappings,
  checkProcessedNames,
  type KeyUsage,
  type NameConstraints,
  readBasicConstraints,
  readExtKeyUsage,
  readKeyUsage,
  readNameConstraints,
} from './extension-values.ts'

/** The values of the extensions that RFC 5280 6.1 decides by; undefined where an extension is absent. */
export interface ExtensionValues {
  basicConstraints?: BasicConstraints
  keyUsage?: KeyUsage
  extKeyUsage?: readonly string[]
  nameConstraints?: NameConstraints
}

/** All extensions, and the values of those that 6.1 decides by. */
export interface Extensions {
  readonly list: readonly Extension[]
  readonly values: Readonly<ExtensionValues>
}

/**
 * An extension of RFC 5280 4.2. An extension that 6.1 decides by is read with the certificate, which is unreadable where the
 * extension is malformed. Any other is read when a rule asks for it (informing-extensions.ts), and when it is critical.
 */
interface CertificateExtension extends KnownExtension<ExtensionValues> {
  /**
   * Processes the value of a critical extension to its last octet; throws Malformed where it cannot. Absent where the value is
   * read with the certificate.
   */
  readonly ifCritical?: (value: DerReader, field: string) => void
}

/** An extension that "MUST be marked as non-critical". No document says what a critical one means, so it cannot be processed. */
function neverCritical(name: string, section: string): CertificateExtension {
  return {
    name,
    ifCritical: (_value, field) => {
      throw new Malformed(field, `is marked critical, which RFC 5280 ${section} forbids`)
    },
  }
}

const KNOWN: ReadonlyMap<string, CertificateExtension> = new Map<string, CertificateExtension>([
  [
    EXTENSION.basicConstraints,
    {
      name: 'basicConstraints',
      read: (value, field, values) => {
        values.basicConstraints = readBasicConstraints(value, field)
      },
    },
  ],
  [
    EXTENSION.keyUsage,
    {
      name: 'keyUsage',
      read: (value, field, values) => {
        values.keyUsage = readKeyUsage(value, field)
      },
    },
  ],
  [
    EXTENSION.extKeyUsage,
    {
      name: 'extKeyUsage',
      read: (value, field, values) => {
        values.extKeyUsage = readExtKeyUsage(value, field)
      },
    },
  ],
  [
    EXTENSION.nameConstraints,
    {
      name: 'nameConstraints',
      read: (value, field, values) => {
        values.nameConstraints = readNameConstraints(value, field)
      },
    },
  ],
  [EXTENSION.policyMappings, { name: 'policyMappings', read: checkPolicyMappings }],
  [EXTENSION.policyConstraints, { name: 'policyConstraints', read: checkPolicyConstraints }],
  [EXTENSION.inhibitAnyPolicy, { name: 'inhibitAnyPolicy', read: checkInhibitAnyPolicy }],
  [EXTENSION.certificatePolicies, { name: 'certificatePolicies', ifCritical: checkCriticalPolicies }],
  [EXTENSION.subjectAltName, { name: 'subjectAltName', ifCritical: checkProcessedNames }],
  [EXTENSION.crlDistributionPoints, { name: 'cRLDistributionPoints', ifCritical: checkDistributionPoints }],
  [
    EXTENSION.issuerAltName,
    {
      name: 'issuerAltName',
      ifCritical: (_value, field) => {
        throw new Malformed(field, 'is not processed (RFC 5280 4.2.1.7)')
      },
    },
  ],
  [EXTENSION.authorityKeyIdentifier, neverCritical('authorityKeyIdentifier', '4.2.1.1')],
  [EXTENSION.subjectKeyIdentifier, neverCritical('subjectKeyIdentifier', '4.2.1.2')],
  [EXTENSION.subjectDirectoryAttributes, neverCritical('subjectDirectoryAttributes', '4.2.1.8')],
  [EXTENSION.freshestCRL, neverCritical('freshestCRL', '4.2.1.15')],
  [EXTENSION.authorityInfoAccess, neverCritical('authorityInfoAccess', '4.2.2.1')],
  [EXTENSION.subjectInfoAccess, neverCritical('subjectInfoAccess', '4.2.2.2')],
])

/** The name of an extension of RFC 5280 4.2; undefined for any other. */
export function extensionName(oid: string): string | undefined {
  return KNOWN.get(oid)?.name
}

/** Why a critical extension refuses the certificate: RFC 5280 4.2 does not have it, or its value cannot be processed. */
export type CriticalExtensionFault =
  | { readonly reason: 'unknown_critical_extension'; readonly oid: string }
  | {
      readonly reason: 'unprocessed_critical_extension'
      readonly extension: string
      /** The field in the extension, in the words of RFC 5280. */
      readonly field: string
      /** What is wrong with the field, without octets of the input. */
      readonly problem: string
    }

const CRITICAL_FAULTS = new WeakMap<Extensions, readonly CriticalExtensionFault[]>()

/**
 * RFC 5280 4.2: a certificate is rejected for "a critical extension it does not recognize or a critical extension that contains
 * information that it cannot process". Returns all such, in the order of the certificate. The result is remembered.
 */
export function criticalExtensionFaults(extensions: Extensions): readonly CriticalExtensionFault[] {
  const faults = CRITICAL_FAULTS.get(extensions) ?? extensions.list.flatMap(criticalFault)
  CRITICAL_FAULTS.set(extensions, faults)
  return faults
}

function criticalFault({ oid, critical, value }: Extension): readonly CriticalExtensionFault[] {
  if (!critical) return []
  const known = KNOWN.get(oid)
  if (known === undefined) return [{ reason: 'unknown_critical_extension', oid }]
  try {
    const reader = DerReader.over(value)
    known.ifCritical?.(reader, known.name)
    if (known.ifCritical !== undefined) reader.end(known.name)
    return []
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    const { field, problem } = error
    return [{ reason: 'unprocessed_critical_extension', extension: known.name, field, problem }]
  }
}

/** The extensions of a certificate without any. */
export const NO_EXTENSIONS: Extensions = { list: [], values: {} }

/**
 * Reads `extensions [3] EXPLICIT Extensions` (RFC 5280 4.1.2.9). Throws Malformed for a malformed list, and for a malformed value
 * of an extension that 6.1 decides by.
 * @param tbs the reader of the TBSCertificate
 */
export function readExtensions(tbs: DerReader): Extensions {
  const field = 'tbsCertificate.extensions'
  const wrapper = tbs.expect(contextTag(3, 'constructed'), field).open(field)
  const values: ExtensionValues = {}
  const list = readExtensionList(wrapper, field, KNOWN, values)
  wrapper.end(field)
  return { list, values }
}
