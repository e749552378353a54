import type { Rounds } from './rounds.ts'

/** What the bench asks its Worker to time. Octets are base64 throughout. */
export interface DecisionJob extends Rounds {
  /** One for each kind of key that is measured. */
  readonly chains: Readonly<Record<'RSA-2048' | 'P-256', ClientChain>>
  readonly hostile: ClientChain
  /** Roots that have nothing to do with the chains. */
  readonly otherRoots: readonly string[]
  /** How many roots a hostname has, in turn. */
  readonly rootCounts: readonly number[]
}

export type KeyKind = 'RSA-2048' | 'P-256' | 'P-521'

/** A client's chain, and the signatures that must be verified for it. */
export interface ClientChain {
  readonly leaf: string
  readonly intermediates: readonly string[]
  readonly root: string
  readonly signatures: readonly BareSignature[]
}

/** What WebCrypto is given to verify one signature. */
export interface BareSignature {
  readonly kind: KeyKind
  readonly spki: string
  /** ECDSA: r and s side by side. */
  readonly signature: string
  readonly data: string
}

/** Look-ups of what is trusted for hostnames, or of what is revoked there. */
export interface StoreJob extends Rounds {
  readonly trusts: readonly { readonly hostname: string; readonly roots: number }[]
  /** `listed`: a serial number (lower-case hexadecimal) in the hostname's CRL, which has so many entries. */
  readonly crls: readonly { readonly hostname: string; readonly entries: number; readonly listed: string }[]
}

/** Visits to a protected hostname. */
export interface VisitorJob extends Rounds {
  readonly hostname: string
  readonly chain: ClientChain
}

/** A chain for others to decide on. */
export interface PeersJob extends Rounds {
  readonly chain: ClientChain
}

/** Statements in a database with so many certificates, against the same in a small one. */
export interface GrowthJob extends Rounds {
  readonly certificates: number
  readonly small: GrownAccount
  readonly grown: readonly GrownAccount[]
}

/** An account, and the last of its certificates. */
export interface GrownAccount {
  readonly accountId: string
  readonly secretSha256: string
  readonly certificateId: string
  readonly hostname: string
  readonly certificates: number
}

/** Clients that come at once while the database takes its time. */
export interface StampedeJob {
  readonly requests: number
  readonly latencyMs: number
}

/** What came of it: how often the database was asked, and when the last one had its answer. */
export interface Stampeded {
  readonly loads: number
  readonly elapsedMs: number
}

export function inWords(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
