/** Bounds on the work of one decision. Each number with its unit and where it comes from. */
export interface PathLimits {
  /** Intermediate CAs between leaf and anchor, self-issued ones included. */
  readonly depth: number
  /** Distinct presented certificates that could stand above the leaf: those reached from it by issuer names. */
  readonly intermediates: number
  /** DER of the leaf and everything presented with it, in bytes. */
  readonly bytes: number
  /** Signatures verified. */
  readonly signatureChecks: number
  /** The same, weighed: in verifications with P-256, some 55 µs each in workerd. */
  readonly signatureCost: number
  /** Pairs of a name and a subtree compared (RFC 5280 4.2.1.10). */
  readonly nameComparisons: number
  /** Issuers tried during the search, counted again wherever a branch meets them again. */
  readonly candidates: number
}

/** Checks that a trace holds; later ones are left out. A path of three has 30, so this is a search of some 30 paths. */
export const MAX_TRACE_STEPS = 1_000

export const PATH_LIMITS: PathLimits = {
  // Public chains have 1 to 3. OpenSSL allows 100, s2n 7 certificates in all; bridged enterprise PKIs reach 6.
  depth: 8,
  // The densest bridge of the BetterTLS path-building suite has 16 certificates above one leaf. Those that no issuer
  // name leads to cost only their reading, which `bytes` bounds.
  intermediates: 16,
  // 16 certificates of 4 KB: several times what TLS clients send. Below what Cloudflare lets a header hold.
  bytes: 65_536,
  // The bound rustls-webpki took over from Go's answer to CVE-2018-16875: with the memory of what was checked already,
  // 16 intermediates can ask for more only by sharing names.
  signatureChecks: 100,
  // A verification with P-521 takes as long as 17 with P-256, so 100 of them would be 88 ms, nine times what the free plan
  // gives a request. This is the deepest path there can be, of P-521 throughout, and some 9 ms.
  signatureCost: 160,
  // The bound of rustls-webpki and mozilla::pkix; 5 to 21 ms in workerd, by the form of the names.
  nameComparisons: 250_000,
  // 16 certificates in 8 layers of 2 make 2^8 paths and 510 steps, in 5 layers of 3 about the same: room above both.
  candidates: 10_000,
}
