import { contextTag, type DerReader, TAG } from './der.ts'
import { type Extension, type KnownExtension, readExtensionList } from './extension-list.ts'
import {
  type BasicConstraints,
  checkAccessDescriptions,
  checkCertificatePolicies,
  checkDirectoryAttributes,
  checkDistributionPoints,
  checkInhibitAnyPolicy,
  checkPolicyConstraints,
  checkPolicyMappings,
  type KeyUsage,
  type NameConstraints,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readExtKeyUsage,
  readKeyUsage,
  readNameConstraints,
} from './extension-values.ts'
import { type GeneralName, readGeneralNames } from './general-name.ts'
import { EXTENSION } from './oids.ts'
import { toHex } from './values.ts'

/** What the extensions of one certificate say; undefined where the extension is absent. */
export interface ExtensionValues {
  basicConstraints?: BasicConstraints
  keyUsage?: KeyUsage
  extKeyUsage?: readonly string[]
  subjectAltName?: readonly GeneralName[]
  nameConstraints?: NameConstraints
  /** keyIdentifier, hexadecimal. */
  authorityKeyIdentifier?: string
  /** Hexadecimal. */
  subjectKeyIdentifier?: string
}

/** The extensions as they stand, and what the known ones say. */
export interface Extensions {
  readonly list: readonly Extension[]
  readonly values: Readonly<ExtensionValues>
}

/** The extensions of RFC 5280 section 4.2. Each is read to its end, so that none can carry what others read differently. */
const KNOWN: ReadonlyMap<string, KnownExtension<ExtensionValues>> = new Map<string, KnownExtension<ExtensionValues>>([
  [
    EXTENSION.authorityKeyIdentifier,
    {
      name: 'authorityKeyIdentifier',
      neverCritical: true, // 4.2.1.1
      read: (value, field, values) => {
        const keyIdentifier = readAuthorityKeyIdentifier(value, field)
        if (keyIdentifier !== undefined) values.authorityKeyIdentifier = keyIdentifier
      },
    },
  ],
  [
    EXTENSION.subjectKeyIdentifier,
    {
      name: 'subjectKeyIdentifier',
      neverCritical: true, // 4.2.1.2
      read: (value, field, values) => {
        values.subjectKeyIdentifier = toHex(value.expect(TAG.octetString, field).content)
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
  [EXTENSION.certificatePolicies, { name: 'certificatePolicies', read: checkCertificatePolicies }],
  [EXTENSION.policyMappings, { name: 'policyMappings', read: checkPolicyMappings }],
  [
    EXTENSION.subjectAltName,
    {
      name: 'subjectAltName',
      read: (value, field, values) => {
        values.subjectAltName = readGeneralNames(value.sequence(field), field)
      },
    },
  ],
  [
    EXTENSION.issuerAltName,
    {
      name: 'issuerAltName',
      read: (value, field) => {
        readGeneralNames(value.sequence(field), field)
      },
    },
  ],
  [
    EXTENSION.subjectDirectoryAttributes,
    { name: 'subjectDirectoryAttributes', neverCritical: true /* 4.2.1.8 */, read: checkDirectoryAttributes },
  ],
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
    EXTENSION.nameConstraints,
    {
      name: 'nameConstraints',
      read: (value, field, values) => {
        values.nameConstraints = readNameConstraints(value, field)
      },
    },
  ],
  [EXTENSION.policyConstraints, { name: 'policyConstraints', read: checkPolicyConstraints }],
  [
    EXTENSION.extKeyUsage,
    {
      name: 'extKeyUsage',
      read: (value, field, values) => {
        values.extKeyUsage = readExtKeyUsage(value, field)
      },
    },
  ],
  [EXTENSION.crlDistributionPoints, { name: 'cRLDistributionPoints', read: checkDistributionPoints }],
  [EXTENSION.inhibitAnyPolicy, { name: 'inhibitAnyPolicy', read: checkInhibitAnyPolicy }],
  [EXTENSION.freshestCRL, { name: 'freshestCRL', neverCritical: true /* 4.2.1.15 */, read: checkDistributionPoints }],
  [
    EXTENSION.authorityInfoAccess,
    { name: 'authorityInfoAccess', neverCritical: true /* 4.2.2.1 */, read: checkAccessDescriptions },
  ],
  [
    EXTENSION.subjectInfoAccess,
    { name: 'subjectInfoAccess', neverCritical: true /* 4.2.2.2 */, read: checkAccessDescriptions },
  ],
])

/** The name of an extension of RFC 5280 4.2, undefined for any other: those are the unknown ones of 4.2 and 6.1.4 (o). */
export function extensionName(oid: string): string | undefined {
  return KNOWN.get(oid)?.name
}

/** No extensions at all: versions 1 and 2, or version 3 without them. */
export const NO_EXTENSIONS: Extensions = { list: [], values: {} }

/** Reads `extensions [3] EXPLICIT Extensions` (RFC 5280 4.1.2.9), from the reader of the TBSCertificate. */
export function readExtensions(tbs: DerReader): Extensions {
  const field = 'tbsCertificate.extensions'
  const wrapper = tbs.expect(contextTag(3, 'constructed'), field).open(field)
  const values: ExtensionValues = {}
  const list = readExtensionList(wrapper, field, KNOWN, values)
  wrapper.end(field)
  return { list, values }
}
