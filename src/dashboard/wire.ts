/** The answers of the API, as far as they are shown here (/openapi.json has all of them). */

export type Scope = `${'accounts' | 'zones'}/${string}`

export interface Entry {
  readonly code: number
  readonly message: string
  readonly source?: { readonly pointer: string }
}

export interface Info {
  readonly count: number
  readonly page: number
  readonly per_page: number
  readonly total_count: number
}

export interface Named {
  readonly id: string
  readonly name: string
}

export interface Facts {
  readonly position: number
  readonly subject: string
  readonly issuer: string
  readonly serial_number: string
  readonly fingerprint_sha256: string
  readonly key_sha256: string | null
  readonly public_key: string
  readonly signature_algorithm: string
  readonly not_before: string
  readonly not_after: string
}

export interface CertificateRecord<C = Facts> {
  readonly id: string
  readonly name: string
  readonly associated_hostnames: readonly string[]
  readonly created_at: string
  readonly updated_at: string
  readonly expires_on: string
  readonly certificates: readonly C[]
}

export interface Placed extends Facts {
  readonly role: 'anchor' | 'intermediate'
  readonly self_signed: boolean
  readonly issued_by: number | null
  readonly coverage: {
    readonly crls: number
    readonly in_parts: boolean
    readonly until: string
    readonly stale: boolean
  } | null
}

export interface Crl {
  readonly issuer: string
  readonly ca_fingerprint_sha256: string
  readonly number: string | null
  readonly this_update: string
  readonly next_update: string
  readonly entries: number
  readonly covers: 'all' | 'user' | 'ca'
  readonly part: readonly string[] | null
  readonly stale: boolean
  readonly uploaded_at: string
}

export interface CrlFetch {
  readonly crl_url: string
  readonly fetched_at: string | null
  readonly failures: number
  readonly error: string | null
  readonly next_at: string | null
}

export interface Policy {
  readonly stale_policy: 'soft' | 'hard'
  readonly uncovered: 'allow' | 'refuse'
  readonly crl_url?: string | null
}

export interface Blocked {
  readonly serial: string
  readonly blocked_at: string
}

export interface Change {
  readonly id: number
  readonly at: string
  readonly actor: { readonly kind: string; readonly name: string }
  readonly address: string | null
  readonly operation: string
  readonly certificate_id: string | null
  readonly hostnames: readonly string[]
  readonly before: unknown
  readonly after: unknown
  readonly omitted?: true
  readonly reverts: number | null
}

export interface Mode {
  readonly hostname: string
  readonly mode: 'required' | 'report' | 'open'
  readonly until?: string
  readonly identities?: readonly IdentityRule[]
  /** Of one hostname. */
  readonly state?: {
    readonly overlaps: readonly { readonly message: string }[]
    readonly next: { readonly at: string; readonly message: string } | null
  }
}

/** A client may enter that meets all of its conditions. */
export type IdentityRule = Readonly<Record<string, unknown>>

/** What a dry run answers. */
export interface Trial {
  readonly would: { readonly messages: readonly Entry[] }
  readonly impact: {
    readonly clients_refused: number
    readonly clients_let_in: number
    readonly clients_evaluated: number
    readonly clients: readonly {
      readonly hostname: string
      readonly subject: string
      readonly code_now: string
      readonly code_then: string
      readonly last_seen_at: string
    }[]
    readonly clients_not_evaluated: readonly { readonly message: string }[]
    readonly hostnames_without_anchor: readonly string[]
    readonly uncovered: readonly { readonly issuer: string; readonly hostnames: readonly string[] }[]
  }
}

export interface Setting {
  readonly hostname: string
  readonly china_network: boolean
  readonly client_certificate_forwarding: boolean
}

export interface Quotas {
  readonly crls: { readonly used: number }
}

export interface Clients {
  readonly since: string | null
  readonly ready_to_enforce: boolean
  readonly reasons: readonly { readonly code: string; readonly blocks: boolean; readonly message: string }[]
  readonly anchors_since: string
  readonly anchors: readonly {
    readonly certificate_sha256: string
    readonly certificate_id: string | null
    readonly subject: string | null
    readonly count: number
    readonly share: number
    readonly last_at: string | null
  }[]
  readonly clients: readonly {
    readonly subject: string
    readonly issuer: string
    readonly accepted: boolean
    readonly code: string
    readonly accepted_count: number
    readonly refused_count: number
    readonly last_seen_at: string
  }[]
}

export interface Reference {
  readonly role: 'leaf' | 'intermediate' | 'anchor'
  readonly subject: string
  readonly issuer: string
  readonly serial_number: string
  readonly sha256: string
  readonly anchor_id?: string
  readonly certificate_id?: string
}

export interface Step {
  readonly check: string
  readonly role: Reference['role']
  readonly subject: string
  readonly height: number
  readonly fault?: Readonly<Record<string, unknown>> & { readonly reason: string }
}

export type Decided = { readonly hostname: string; readonly at: string; readonly trace?: readonly Step[] } & (
  | {
      readonly accepted: true
      readonly path: readonly Reference[]
      readonly revocation: readonly {
        readonly height: number
        readonly status: 'good' | 'stale' | 'not_covered'
        readonly crl?: { readonly issuer: string; readonly next_update: number }
      }[]
    }
  | {
      readonly accepted: false
      readonly code: string
      readonly certificate?: Reference
      readonly section: string
      readonly openssl: string
      readonly message: string
      readonly suggestion: string
    }
)
