import { contextTag, type DerReader, TAG } from '../der.ts'
import { type Extension, type KnownExtension, readExtensionList } from '../extension-list.ts'
import { checkAccessDescriptions, checkDistributionPoints, readAuthorityKeyIdentifier } from '../extension-values.ts'
import { readGeneralNames } from '../general-name.ts'
import { MAX_CRL_NUMBER_BYTES } from '../limits.ts'
import { Malformed } from '../malformed.ts'
import { CRL_EXTENSION, EXTENSION } from '../oids.ts'
import { toHex, unsignedOctets } from '../values.ts'
import type { Crl } from './crl.ts'
import { type IssuingDistributionPoint, readIssuingDistributionPoint } from './distribution-point.ts'
import { Unusable } from './unusable.ts'

interface CrlValues {
  /** Hexadecimal. */
  number?: string
  /** Hexadecimal. */
  authorityKeyIdentifier?: string
  delta?: true
  distributionPoint?: IssuingDistributionPoint
}

/** RFC 5280 section 5.2. */
const KNOWN: ReadonlyMap<string, KnownExtension<CrlValues>> = new Map<string, KnownExtension<CrlValues>>([
  [
    EXTENSION.authorityKeyIdentifier,
    {
      name: 'authorityKeyIdentifier',
      read: (value, field, values) => {
        const keyIdentifier = readAuthorityKeyIdentifier(value, field)
        if (keyIdentifier !== undefined) values.authorityKeyIdentifier = keyIdentifier
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
    CRL_EXTENSION.cRLNumber,
    {
      name: 'cRLNumber',
      read: (value, field, values) => {
        values.number = readNumber(value, field)
      },
    },
  ],
  [
    CRL_EXTENSION.deltaCRLIndicator,
    {
      name: 'deltaCRLIndicator',
      read: (value, field, values) => {
        readNumber(value, field)
        values.delta = true
      },
    },
  ],
  [
    CRL_EXTENSION.issuingDistributionPoint,
    {
      name: 'issuingDistributionPoint',
      read: (value, field, values) => {
        values.distributionPoint = readIssuingDistributionPoint(value, field)
      },
    },
  ],
  [EXTENSION.freshestCRL, { name: 'freshestCRL', read: checkDistributionPoints }],
  [EXTENSION.authorityInfoAccess, { name: 'authorityInfoAccess', read: checkAccessDescriptions }],
])

/** "MUST mark this extension as non-critical": RFC 5280 5.2.1 (by 4.2.1.1), 5.2.3, 5.2.6 and 5.2.7. */
const NEVER_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION.authorityKeyIdentifier,
  CRL_EXTENSION.cRLNumber,
  EXTENSION.freshestCRL,
  EXTENSION.authorityInfoAccess,
])

/**
 * Reads `crlExtensions [0] EXPLICIT Extensions` (RFC 5280 5.1.2.7, 5.2). Throws Malformed, and Unusable for a CRL that is
 * not a complete one of its issuer alone, or that asks for what is not processed.
 */
export function readCrlExtensions(tbs: DerReader): Pick<Crl, 'number' | 'covers' | 'authorityKeyIdentifier'> {
  const field = 'tbsCertList.crlExtensions'
  const wrapper = tbs.optional(contextTag(0, 'constructed'), field)?.open(field)
  if (wrapper === undefined) throw new Unusable({ reason: 'crl_number_missing' })
  const values: CrlValues = {}
  const list = readExtensionList(wrapper, field, KNOWN, values)
  wrapper.end(field)
  list.forEach(checkCritical)
  const { number, authorityKeyIdentifier, delta, distributionPoint } = values
  if (delta) throw new Unusable({ reason: 'crl_delta' })
  if (distributionPoint !== undefined) checkScope(distributionPoint)
  if (number === undefined) throw new Unusable({ reason: 'crl_number_missing' })
  return { number, covers: distributionPoint?.covers ?? 'all', authorityKeyIdentifier }
}

/** RFC 5280 5.2: "MUST NOT use that CRL" with an unknown critical extension. */
function checkCritical({ oid, critical }: Extension): void {
  if (!critical) return
  const known = KNOWN.get(oid)
  if (known === undefined) throw new Unusable({ reason: 'crl_unknown_critical_extension', oid, entry: false })
  if (NEVER_CRITICAL.has(oid)) throw new Unusable({ reason: 'crl_critical_extension', extension: known.name })
}

/** RFC 5280 5.2.5: what is left of its issuer's certificates must be all of them, all of the CAs, or all of the others. */
function checkScope({ onlyAttributeCerts, indirect, onlySomeReasons, partition }: IssuingDistributionPoint): void {
  if (onlyAttributeCerts) throw new Unusable({ reason: 'crl_attribute_certificates' })
  if (indirect) throw new Unusable({ reason: 'crl_indirect' })
  if (onlySomeReasons) throw new Unusable({ reason: 'crl_some_reasons' })
  if (partition) throw new Unusable({ reason: 'crl_partition' })
}

/** CRLNumber ::= INTEGER (0..MAX), of 20 octets at most (RFC 5280 5.2.3). Hexadecimal without leading zeros. */
function readNumber(value: DerReader, field: string): string {
  const octets = unsignedOctets(value.expect(TAG.integer, field), field)
  if (octets.length > MAX_CRL_NUMBER_BYTES) throw new Malformed(field, `is longer than ${MAX_CRL_NUMBER_BYTES} bytes`)
  return toHex(octets).replace(/^0(?=.)/, '')
}
