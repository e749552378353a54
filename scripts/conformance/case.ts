/** One case of a file in the schema of C2SP/x509-limbo, as far as it is read here. */
export interface ConformanceCase {
  readonly id: string
  /** An addition to the schema: cases are counted by it. */
  readonly tier?: string
  readonly validation_kind: 'CLIENT' | 'SERVER'
  /** PEM, one certificate each. */
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  /** RFC 3339; null: now. */
  readonly validation_time?: string | null
  readonly extended_key_usage: readonly string[]
  readonly key_usage: readonly string[]
  readonly expected_result: ExpectedResult
  readonly expected_peer_name?: PeerName | null
  /** Intermediates that are not self-issued. */
  readonly max_chain_depth?: number | null
  /** PEM, one CRL each. */
  readonly crls?: readonly string[] | null
  /** `revocation-required`, an addition: a certificate whose status no usable CRL tells is refused. Others are not read. */
  readonly features?: readonly string[]
}

export type ExpectedResult = 'SUCCESS' | 'FAILURE'

export interface PeerName {
  readonly kind: 'DNS' | 'IP' | 'RFC822'
  readonly value: string
}

/** What the verifier made of a case. */
export interface Judgement {
  readonly id: string
  readonly actual: ExpectedResult
  /** One line for people: the path, or code and message. */
  readonly because: string
  /** The code of a refusal. */
  readonly code?: string
  /** SHA-256 of each certificate of the path, from the leaf to the anchor. */
  readonly path?: readonly string[]
}
