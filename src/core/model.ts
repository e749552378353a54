import type { AccountId, AsciiHostname, CertificateId, Hex, UnixSeconds, ZoneId } from './units.ts'
/** The nouns of the service. Types only; anyone may import this file. */

/** What the path names: `/accounts/{id}` or `/zones/{id}`. Ids are 32 lower-case hex digits. */
export type Scope =
  | { readonly kind: 'accounts'; readonly id: AccountId }
  | { readonly kind: 'zones'; readonly id: ZoneId }

/** What a credential may do in a scope. `write` includes `read`. */
export type Permission = 'read' | 'write'

/** What a client presented: a Bearer token, or a key with its email in lower case. The secret itself is not kept. */
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
}

/** The domains of a scope's zones, for whoever may read that scope: the first by name, and how many there are in all. */
export interface ScopeDomains {
  readonly kind: Scope['kind']
  readonly domains: readonly string[]
  readonly total: number
}

/** A hostname as it was sent, and in the form it is compared in: A-labels, lower case. */
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
 * What the edge does with clients of a hostname that have no good certificate: refuse them, or only report them. `open`: the
 * hostname, which has no certificates any more, is not protected.
 */
export type HostnameMode = 'required' | 'report' | 'open'

/** A mode, and for `report` when it ends: Unix seconds, UTC. From then on the hostname is `required` again. */
export interface ModeSetting {
  readonly mode: HostnameMode
  readonly until?: UnixSeconds
}

/** What an account, its zones included, may have only so many of. */
export type QuotaName = 'certificates' | 'hostnames' | 'settings' | 'modes' | 'blockedSerials' | 'crls' | 'crlEntries'

export interface Quota {
  readonly limit: number
  readonly used: number
}

/** A quota that has no room for as many more as a request asks for. */
export interface QuotaLack extends Quota {
  readonly quota: QuotaName
  readonly added: number
}

/** What becomes of clients whose revocation is not known for certain. */
export interface RevocationPolicy {
  /** Of a certificate that a CRL of the record's, past its nextUpdate, does not list: `hard` refuses it. */
  readonly stale: 'soft' | 'hard'
  /** Of a certificate on a path to the record's certificates that no CRL covers: `refuse` refuses it. */
  readonly uncovered: 'allow' | 'refuse'
}

/** A record as trust. Its certificates never change: another content is another record. */
export interface TrustRecord {
  readonly id: CertificateId
  /** In the order of its PEM. */
  readonly chain: readonly RecordCertificate[]
  readonly uncovered: RevocationPolicy['uncovered']
}

/** A certificate of a record, with what was found out about it when it was registered. */
export interface RecordCertificate {
  readonly der: Uint8Array
  /** Whether paths may end at it; undefined where it was registered before that was kept. */
  readonly isAnchor: boolean | undefined
}
