import { toHex, withoutLeadingZeros } from '../../core/bytes.ts'
import { contextTag, DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { CRL_EXTENSION, EXTENSION } from '../asn1/oids.ts'
import { unsignedOctets } from '../asn1/values.ts'
import type { Name } from '../certificate/name.ts'
import { MAX_CRL_NUMBER_BYTES } from '../limits.ts'
import type { Crl } from './crl.ts'
import { type CrlExtension, readCrlExtensionList } from './extensions.ts'
import { type IssuingDistributionPoint, readIssuingDistributionPoint } from './issuing-distribution-point.ts'
import type { Oddities } from './oddities.ts'
import { Unusable } from './unusable.ts'

interface CrlValues {
  readonly issuer: Name
  /** Hexadecimal; empty where the number is too long. */
  number?: string
  /** Hexadecimal. */
  authorityKeyIdentifier?: string | undefined
  delta?: true
  distributionPoint?: IssuingDistributionPoint
}

/** RFC 5280 section 5.2. "MUST mark this extension as non-critical": 5.2.1 (by 4.2.1.1), 5.2.3, 5.2.6 and 5.2.7. */
const KNOWN: ReadonlyMap<string, CrlExtension<CrlValues>> = new Map<string, CrlExtension<CrlValues>>([
  [
    EXTENSION.authorityKeyIdentifier,
    {
      name: 'authorityKeyIdentifier',
      neverCritical: true,
      glance: (value, values) => {
        values.authorityKeyIdentifier = keyIdentifier(value)
      },
    },
  ],
  [EXTENSION.issuerAltName, { name: 'issuerAltName' }],
  [EXTENSION.freshestCRL, { name: 'freshestCRL', neverCritical: true }],
  [EXTENSION.authorityInfoAccess, { name: 'authorityInfoAccess', neverCritical: true }],
  [
    CRL_EXTENSION.cRLNumber,
    {
      name: 'cRLNumber',
      neverCritical: true,
      read: (value, field, values) => {
        values.number = readNumber(value, field)
      },
    },
  ],
  [
    CRL_EXTENSION.deltaCRLIndicator,
    {
      name: 'deltaCRLIndicator',
      read: () => {
        throw new Unusable({ reason: 'crl_delta' })
      },
    },
  ],
  [
    CRL_EXTENSION.issuingDistributionPoint,
    {
      name: 'issuingDistributionPoint',
      read: (value, field, values, oddities) => {
        values.distributionPoint = readIssuingDistributionPoint(value, field, values.issuer, oddities)
      },
    },
  ],
])

const PLACE = { field: 'tbsCertList.crlExtensions', entry: false, known: KNOWN }

/**
 * Reads `crlExtensions [0] EXPLICIT Extensions` (RFC 5280 5.1.2.7, 5.2). Throws Malformed. Throws Unusable for a CRL that is not
 * complete or not direct, or that has an unknown critical extension.
 */
export function readCrlExtensions(
  tbs: DerReader,
  issuer: Name,
  oddities: Oddities,
): Pick<Crl, 'number' | 'covers' | 'part' | 'authorityKeyIdentifier'> {
  const values: CrlValues = { issuer }
  const wrapper = tbs.optional(contextTag(0, 'constructed'), PLACE.field)?.open(PLACE.field)
  if (wrapper !== undefined) {
    readCrlExtensionList(wrapper, PLACE, values, oddities)
    wrapper.end(PLACE.field)
  }
  const { number, authorityKeyIdentifier, distributionPoint } = values
  if (distributionPoint !== undefined) checkScope(distributionPoint)
  if (number === undefined) oddities.add({ oddity: 'number_missing' })
  if (number === '') oddities.add({ oddity: 'number_too_long' })
  return {
    number: number || undefined,
    covers: distributionPoint?.covers ?? 'all',
    part: distributionPoint?.names,
    authorityKeyIdentifier,
  }
}

/** RFC 5280 5.2.5: a CRL must cover all, all user, or all CA certificates of its issuer, for all reasons, and no others. */
function checkScope({ onlyAttributeCerts, indirect, onlySomeReasons }: IssuingDistributionPoint): void {
  if (onlyAttributeCerts) throw new Unusable({ reason: 'crl_attribute_certificates' })
  if (indirect) throw new Unusable({ reason: 'crl_indirect' })
  if (onlySomeReasons) throw new Unusable({ reason: 'crl_some_reasons' })
}

/**
 * CRLNumber ::= INTEGER (0..MAX), of at most 20 octets (RFC 5280 5.2.3). Returns it in hexadecimal without leading zeros; empty
 * where it is longer, which the database cannot store and which counts as no number.
 */
function readNumber(value: DerReader, field: string): string {
  const octets = unsignedOctets(value.expect(TAG.integer, field), field)
  return octets.length > MAX_CRL_NUMBER_BYTES ? '' : withoutLeadingZeros(toHex(octets))
}

/** The keyIdentifier of an authorityKeyIdentifier (RFC 5280 4.2.1.1), its first member. The rest is not read. */
function keyIdentifier(value: Uint8Array): string | undefined {
  try {
    const tlv = DerReader.over(value)
      .sequence('authorityKeyIdentifier')
      .optional(contextTag(0, 'primitive'), 'keyIdentifier')
    return tlv && toHex(tlv.content)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}
