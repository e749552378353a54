import type { AccountId, AsciiHostname, CertificateId, Hex, UnixSeconds, ZoneId } from './units.ts'

/** The nouns of the service. Types only. */

/** The account or zone that a request's path names: `/accounts/{id}` or `/zones/{id}`. */
export type Scope =
  | { readonly kind: 'accounts'; readonly id: AccountId }
  | { readonly kind: 'zones'; readonly id: ZoneId }

/** What a credential may do in a scope. `write` includes `read`. */
export type Permission = 'read' | 'write'

/** What a client sent: a Bearer token, or a key with its email in lower case. Only the hash of the secret is kept. */
export type Credential =
  | { readonly kind: 'token'; readonly secretSha256: Hex }
  | { readonly kind: 'key'; readonly secretSha256: Hex; readonly email: string }

/** One request's claim: this credential wants this permission in this scope, at this time. */
export interface Claim {
  readonly credential: Credential
  readonly scope: Scope
  readonly permission: Permission
  /** Unix seconds, UTC. */
  readonly now: UnixSeconds
  /** Told the credential's id, for the log, once the database has found the credential. */
  readonly onCredential?: (id: string) => void
  /** The client's address, for the record of changes; undefined where it is not known. */
  readonly address?: string | undefined
  /** The position that the account's newest change must have for a write; undefined: any. */
  readonly expects?: number | undefined
  /** The position of the change that this request takes back, if it does. */
  readonly reverts?: number | undefined
}

/** The domains of a scope's zones, for clients that may read that scope. */
export interface ScopeDomains {
  readonly kind: Scope['kind']
  /** The first ones by name. */
  readonly domains: readonly string[]
  /** How many there are in all. */
  readonly total: number
}

/** A hostname as it was sent, and in the form in which names are compared. */
export interface Hostname {
  readonly text: string
  readonly ascii: AsciiHostname
}

/** A registered certificate, as the API shows it. Times are Unix seconds, UTC. */
export interface CertificateRecord {
  readonly id: CertificateId
  readonly name: string
  /** MD5 of the first certificate's DER, 32 lower-case hex digits. */
  readonly fingerprintMd5: Hex
  readonly hostnames: readonly string[]
  readonly createdAt: UnixSeconds
  readonly updatedAt: UnixSeconds
  /** notAfter of the first certificate. */
  readonly expiresOn: UnixSeconds
}

/** What is set for a hostname (contract 3, Settings). */
export interface HostnameSetting extends Hostname {
  readonly chinaNetwork: boolean
  readonly clientCertificateForwarding: boolean
}

/**
 * What the edge does with clients of a hostname that have no good certificate: refuse them, or only report them. `open` is for a
 * hostname that has no certificates any more: it is not protected.
 */
export type HostnameMode = 'required' | 'report' | 'open'

/** A mode. `until` is when `report` ends: from then on the hostname is `required` again. */
export interface ModeSetting {
  readonly mode: HostnameMode
  readonly until?: UnixSeconds
}

/** The things whose number is limited in an account, its zones included. */
export type QuotaName = 'certificates' | 'hostnames' | 'settings' | 'modes' | 'blockedSerials' | 'crls' | 'crlEntries'

export interface Quota {
  readonly limit: number
  readonly used: number
}

/** A quota without room for the `added` things of a request. */
export interface QuotaLack extends Quota {
  readonly quota: QuotaName
  readonly added: number
}

/** What happens to certificates whose revocation is not known for certain. */
export interface RevocationPolicy {
  /** Whether a certificate is refused (`hard`) that a CRL of the record does not list, when that CRL is past its nextUpdate. */
  readonly stale: 'soft' | 'hard'
  /** Whether a certificate is refused that is on a path to the record's certificates and that no CRL covers. */
  readonly uncovered: 'allow' | 'refuse'
  /** Where the record's CRLs are fetched from; null: they are only uploaded. */
  readonly crlUrl: string | null
}

/** What the edge trusts of a record. Its certificates never change: other certificates are another record. */
export interface TrustRecord {
  readonly id: CertificateId
  /** In the order of its PEM. */
  readonly chain: readonly RecordCertificate[]
  readonly uncovered: RevocationPolicy['uncovered']
}

/** A certificate of a record. */
export interface RecordCertificate {
  readonly der: Uint8Array
  /** Whether paths may end at it. Undefined in rows older than the column. */
  readonly isAnchor: boolean | undefined
}
