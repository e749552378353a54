import { toHex } from '../../core/bytes.ts'
import { contextTag, DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { type Name, nameFrom, readRdn } from './name.ts'
import { nameKey } from './name-key.ts'

/** Which certificates of its issuer a CRL covers: onlyContainsUserCerts, onlyContainsCACerts (RFC 5280 5.2.5). */
export type CrlCoverage = 'all' | 'user' | 'ca'

/** A DistributionPoint of cRLDistributionPoints (RFC 5280 4.2.1.13). */
export interface DistributionPoint {
  /** Comparison keys of distributionPoint, sorted, without duplicates; undefined where the point has only a cRLIssuer. */
  readonly names: readonly string[] | undefined
  /** Comparison keys of cRLIssuer; empty where the certificate's issuer issues the CRL itself. */
  readonly crlIssuers: readonly string[]
  /** Whether its CRL covers some reasons only. */
  readonly reasons: boolean
}

const P = (n: number) => contextTag(n, 'primitive')
const C = (n: number) => contextTag(n, 'constructed')

/**
 * Reads cRLDistributionPoints for comparison with a CRL's issuingDistributionPoint (RFC 5280 6.3.3 (b) (2) (i)). Never throws.
 * @param value the content of extnValue
 * @param issuer of the certificate, to which a name may be relative
 * @returns undefined where the value cannot be read; it names no point then
 */
export function readDistributionPoints(value: Uint8Array, issuer: Name): readonly DistributionPoint[] | undefined {
  try {
    const reader = DerReader.over(value)
    const points = reader.sequence(FIELD)
    reader.end(FIELD)
    const read: DistributionPoint[] = []
    while (!points.done) read.push(readPoint(points.sequence(FIELD), issuer))
    return read
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}

const FIELD = 'cRLDistributionPoints'

function readPoint(point: DerReader, issuer: Name): DistributionPoint {
  const name = point.optional(C(0), FIELD)
  const reasons = point.optional(P(1), FIELD)
  const crlIssuer = point.optional(C(2), FIELD)
  point.end(FIELD)
  return {
    // 4.2.1.13: "If the DistributionPointName contains multiple values, each name describes a different mechanism to obtain the
    // same CRL". A relative name is relative to the cRLIssuer where there is one.
    names: name && distributionPointNames(name.open(FIELD), FIELD, (crlIssuer && onlyName(crlIssuer)) ?? issuer),
    crlIssuers: crlIssuer === undefined ? [] : generalNameKeys(crlIssuer.open(FIELD), FIELD),
    reasons: reasons !== undefined,
  }
}

/** The directoryName of a cRLIssuer; undefined where that is not its only name. */
function onlyName(crlIssuer: Tlv): Name | undefined {
  const names = crlIssuer.open(FIELD)
  const tlv = names.optional(C(4), FIELD)
  return names.done ? tlv && directoryName(tlv, FIELD) : undefined
}

/**
 * The names of a DistributionPointName (RFC 5280 4.2.1.13, 5.2.5) as comparison keys, sorted, without duplicates. Keys are equal
 * for equal names: directoryName by 7.1, nameRelativeToCRLIssuer as the directoryName that it stands for, and every other form
 * octet for octet. Throws Malformed, but not for the content of a name.
 * @param choice a reader of the fullName or nameRelativeToCRLIssuer, and of nothing else
 */
export function distributionPointNames(choice: DerReader, field: string, issuer: Name): readonly string[] {
  const tlv = choice.read(field)
  choice.end(field)
  if (tlv.tag === C(0)) return [...new Set(generalNameKeys(tlv.open(field), field))].sort()
  if (tlv.tag !== C(1)) throw new Malformed(field, 'is neither fullName nor nameRelativeToCRLIssuer')
  const rdn = readOrNot(() => readRdn(tlv.open(field), field))
  if (rdn === undefined) return [octetKey('relativeName', tlv.content)]
  return [directoryNameKey({ rdns: [...issuer.rdns, rdn] })]
}

function generalNameKeys(names: DerReader, field: string): string[] {
  const keys: string[] = []
  while (!names.done) keys.push(generalNameKey(names.read(field), field))
  return keys
}

/** The forms of GeneralName by their tags, under their names in RFC 5280 4.2.1.6. */
const FORMS: ReadonlyMap<number, string> = new Map([
  [C(0), 'otherName'],
  [P(1), 'rfc822Name'],
  [P(2), 'dNSName'],
  [C(3), 'x400Address'],
  [C(4), 'directoryName'],
  [C(5), 'ediPartyName'],
  [P(6), 'URI'],
  [P(7), 'iPAddress'],
  [P(8), 'registeredID'],
])

function generalNameKey(tlv: Tlv, field: string): string {
  const name = tlv.tag === C(4) ? directoryName(tlv, field) : undefined
  return name === undefined ? octetKey(FORMS.get(tlv.tag) ?? `tag ${tlv.tag}`, tlv.content) : directoryNameKey(name)
}

/** The comparison key of a directoryName. */
export function directoryNameKey(name: Pick<Name, 'rdns'>): string {
  return `directoryName=${nameKey(name)}`
}

/** The Name in a directoryName; undefined where it is malformed, and compared by its octets. */
function directoryName(tlv: Tlv, field: string): Name | undefined {
  return readOrNot(() => {
    const inner = tlv.open(field)
    const name = nameFrom(inner.expect(TAG.sequence, field), field)
    inner.end(field)
    return name
  })
}

function readOrNot<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}

/** A key of octets: printable ASCII after `:`, so that people can read a URI; anything else in hexadecimal after `#`. */
function octetKey(form: string, octets: Uint8Array): string {
  const printable = octets.every((octet) => octet >= 0x20 && octet < 0x7f)
  return printable ? `${form}:${String.fromCharCode(...octets)}` : `${form}#${toHex(octets)}`
}
