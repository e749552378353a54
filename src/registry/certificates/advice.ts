import type { Hex, UnixSeconds } from '../../core/units.ts'
import {
  type BundlePlace,
  bundlePlaces,
  CLIENT_AUTH,
  caAllows,
  type DecodedCertificate,
  keyPurposeName,
  type Upload,
} from '../../x509/index.ts'
import PUBLIC_ROOTS from './generated/public-roots.json' with { type: 'json' }
import type { SameKey } from './insert-sql.ts'

/** What a client is told of a certificate that was accepted. `position` counts from 1. Times are Unix seconds, UTC. */
export type CertificateNote = { readonly position: number } & (
  | { readonly note: 'expired'; readonly notAfter: UnixSeconds }
  | { readonly note: 'not_yet_valid'; readonly notBefore: UnixSeconds }
  | { readonly note: 'expires_soon'; readonly notAfter: UnixSeconds; readonly days: number }
  | { readonly note: 'unusable_key'; readonly publicKey: string }
  | { readonly note: 'negative_serial'; readonly serialNumber: Hex }
  /** It expires before the first certificate, whose date is the record's `expires_on`. */
  | { readonly note: 'expires_first'; readonly notAfter: UnixSeconds; readonly firstNotAfter: UnixSeconds }
  /** It is an anchor that is valid longer than the first certificate, another anchor. */
  | { readonly note: 'expires_later'; readonly notAfter: UnixSeconds; readonly firstNotAfter: UnixSeconds }
  | { readonly note: 'sha1'; readonly algorithm: string; readonly isAnchor: boolean }
  | { readonly note: 'no_key_usage' }
  | { readonly note: 'no_path_length' }
  /** `present`: names of the purposes. */
  | { readonly note: 'no_client_auth'; readonly present: readonly string[] }
  | { readonly note: 'out_of_order'; readonly issuer: number }
  /** No certificate of the upload is self-signed, and paths end at this one. */
  | { readonly note: 'no_root' }
  | ({ readonly note: 'same_key' } & Omit<SameKey, 'position'>)
  | { readonly note: 'public_root' }
)

const DAY_SECONDS = 86_400

/** How long before notAfter an upload is told of it: as long as the earliest reminder of CAs usually comes. */
const SOON_SECONDS = 90 * DAY_SECONDS

/** Digits of the SHA-256 of a key that the list of public roots has. Two keys in 30 million share them, and only a message is wrong. */
const PREFIX_DIGITS = 8

const publicRoots: ReadonlySet<string> = new Set(PUBLIC_ROOTS)

/** A certificate of an upload, with how it stands to the others. */
interface Placed extends DecodedCertificate {
  readonly position: number
  readonly place: BundlePlace
  readonly isAnchor: boolean
  /** Whether it issued no other certificate of the upload. */
  readonly isLowest: boolean
}

/**
 * What is to be said of an accepted upload (contract 3: an expired or not yet valid CA is accepted with a message). Nothing of it
 * changes what is accepted.
 * @param anchors the indexes of those that paths may end at
 */
export function adviceOn(
  { certificates }: Upload,
  anchors: ReadonlySet<number>,
  sameKeys: readonly SameKey[],
  now: UnixSeconds,
): readonly CertificateNote[] {
  const places = bundlePlaces(certificates.map(({ certificate }) => certificate))
  const issuers = new Set(places.map(({ issuer }) => issuer))
  const hasRoot = places.some(({ selfSigned }) => selfSigned)
  const all = certificates.map((one, index): Placed => {
    const place = places[index] ?? { selfSigned: false, issuer: undefined }
    return { ...one, place, position: index + 1, isAnchor: anchors.has(index), isLowest: !issuers.has(index) }
  })
  const [first] = all
  return all.flatMap((one) => {
    const { position } = one
    return [
      ...ofDates(one, now),
      ...ofForm(one),
      ...ofDatesBeside(one, first, now),
      ...(one.place.issuer === undefined || one.place.issuer >= position
        ? []
        : [{ note: 'out_of_order', position, issuer: one.place.issuer + 1 } as const]),
      ...(one.isAnchor && !hasRoot ? [{ note: 'no_root', position } as const] : []),
      ...sameKeys.filter((same) => same.position === position).map((same) => ({ note: 'same_key', ...same }) as const),
      ...(publicRoots.has(one.keySha256.slice(0, PREFIX_DIGITS)) ? [{ note: 'public_root', position } as const] : []),
    ]
  })
}

function* ofDates({ position, notBefore, notAfter }: Placed, now: UnixSeconds): Generator<CertificateNote> {
  if (notAfter < now) yield { note: 'expired', position, notAfter }
  else if (notAfter - now <= SOON_SECONDS) {
    yield { note: 'expires_soon', position, notAfter, days: Math.floor((notAfter - now) / DAY_SECONDS) }
  }
  if (notBefore > now) yield { note: 'not_yet_valid', position, notBefore }
}

function* ofForm(one: Placed): Generator<CertificateNote> {
  const { position, publicKey, serialNumber, signatureAlgorithm, certificate } = one
  const { keyUsage, basicConstraints, extKeyUsage } = certificate.extensions.values
  if (!one.usableKey) yield { note: 'unusable_key', position, publicKey }
  if (serialNumber.startsWith('-')) yield { note: 'negative_serial', position, serialNumber }
  if (/sha1(?!\d)/i.test(signatureAlgorithm)) {
    yield { note: 'sha1', position, algorithm: signatureAlgorithm, isAnchor: one.isAnchor }
  }
  if (keyUsage === undefined) yield { note: 'no_key_usage', position }
  // A CA above others of the upload cannot have 0.
  if (one.isLowest && basicConstraints?.pathLen === undefined) yield { note: 'no_path_length', position }
  if (extKeyUsage !== undefined && !caAllows(extKeyUsage, CLIENT_AUTH)) {
    yield { note: 'no_client_auth', position, present: extKeyUsage.slice(0, MAX_NAMED_PURPOSES).map(keyPurposeName) }
  }
}

/** How many purposes a message names. */
const MAX_NAMED_PURPOSES = 5

/** The record's `expires_on` is the date of the first certificate alone. */
function* ofDatesBeside(one: Placed, first: Placed | undefined, now: UnixSeconds): Generator<CertificateNote> {
  if (first === undefined || one === first) return
  const { position, notAfter } = one
  const firstNotAfter = first.notAfter
  if (notAfter >= now && notAfter < firstNotAfter) yield { note: 'expires_first', position, notAfter, firstNotAfter }
  if (first.isAnchor && one.isAnchor && notAfter > firstNotAfter) {
    yield { note: 'expires_later', position, notAfter, firstNotAfter }
  }
}
