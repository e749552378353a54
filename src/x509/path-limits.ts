/** Limits on the work of one decision. */
export interface PathLimits {
  /** Intermediate CAs between leaf and anchor, self-issued ones included. */
  readonly depth: number
  /** Distinct presented certificates that could stand above the leaf: those that issuer names lead to. */
  readonly intermediates: number
  /** DER of the leaf and everything presented with it, in bytes. */
  readonly bytes: number
  /** Signatures verified. */
  readonly signatureChecks: number
  /** Signatures verified, weighed by their cost. The unit is a verification with P-256, some 55 µs in workerd. */
  readonly signatureCost: number
  /** Pairs of a name and a subtree compared (RFC 5280 4.2.1.10). */
  readonly nameComparisons: number
  /** Issuers tried during the search. An issuer counts again on each branch. */
  readonly candidates: number
}

/** Most checks in a trace; later ones are left out. A path of three has 30, so this covers a search of some 30 paths. */
export const MAX_TRACE_STEPS = 1_000

export const PATH_LIMITS: PathLimits = {
  // Public chains have 1 to 3. OpenSSL allows 100, s2n 7 certificates in all; bridged enterprise PKIs reach 6.
  depth: 8,
  // The densest bridge of the BetterTLS path-building suite has 16 certificates above one leaf. Certificates that no issuer name
  // leads to are only read, which `bytes` bounds.
  intermediates: 16,
  // 16 certificates of 4 KB, several times as much as TLS clients send, and less than a header may hold at Cloudflare.
  bytes: 65_536,
  // The bound that rustls-webpki took over from Go's answer to CVE-2018-16875. Each pair is checked once, so 16 intermediates
  // can exceed it only by sharing names.
  signatureChecks: 100,
  // A verification with P-521 takes as long as 17 with P-256, so 100 of them take 88 ms, nine times what the free plan gives a
  // request. 160 suffice for the deepest path with P-521 throughout, and take some 9 ms.
  signatureCost: 160,
  // The bound of rustls-webpki and mozilla::pkix; 5 to 21 ms in workerd, by the form of the names.
  nameComparisons: 250_000,
  // 16 certificates in 8 layers of 2 make 2^8 paths and 510 steps; in 5 layers of 3, about as many.
  candidates: 10_000,
}
