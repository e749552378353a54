/** The limits on certificates and CRLs that may be hostile, each with its unit and source. */

/**
 * Largest DER of one certificate, in bytes. The largest of the 148 public roots is under 3 KB. Cloudflare does not pass a client
 * certificate above 10 KiB to a Worker (`certRFC9440TooLarge`). 16 KiB leaves room above both.
 */
export const MAX_CERTIFICATE_BYTES = 16_384

/**
 * Most certificates in one upload. A chain to a root is rarely longer than four; sixteen also hold a whole team's roots in one
 * bundle, and bound the CPU time of an upload (pkijs takes about 1.2 ms a certificate).
 */
export const MAX_CERTIFICATES_PER_UPLOAD = 16

/**
 * Deepest nesting of constructed values. The deepest that X.509 needs is 13: a name in a GeneralName in a constraint in a
 * certificate.
 */
export const MAX_DEPTH = 20

/**
 * Most TLVs of one certificate, and of each extension that is read when a rule asks for it. Public roots have 60 to 200; a CA
 * constrained to 500 names has 1,200. Measured on 16 KB of the costliest fields (a thousand extensions, 480 RDNs), pkijs takes
 * 20 to 40 µs a TLV: with 2,000 the second decoder stays below 100 ms a certificate. The values of extensions that are not read
 * here take it 4 µs a TLV, some 35 ms for 16 KB of them.
 */
export const MAX_TLVS = 2_000

/** Most content octets of a serialNumber: twice the 20 of RFC 5280 4.1.2.2, since OpenSSL and Go read longer ones. */
export const MAX_SERIAL_BYTES = 40

/** Most content octets of one OBJECT IDENTIFIER. The longest in use (Microsoft template ids) have about 30. */
export const MAX_OID_BYTES = 64

/** Smallest RSA modulus, in bits: NIST SP 800-131A revision 2 disallows less than 112 bits of strength. */
export const MIN_RSA_BITS = 2_048

/** Largest RSA modulus, in bits: the cost of a verification grows with its square. No public root is above 4,096. */
export const MAX_RSA_BITS = 8_192

/**
 * Most CRLs in one upload: one for each CA of a bundle with the most certificates. nginx, Node and HAProxy read such files. Each
 * CRL costs some signature checks and six statements of a batch.
 */
export const MAX_CRLS_PER_UPLOAD = 16

/**
 * Most keys of one CA name with which a CRL's signature is checked. A CA that changes its key has two for a while; with a key of
 * its own for CRLs, it has three. Each check digests the whole CRL, of up to 64 MiB.
 */
export const MAX_CRL_SIGNER_KEYS = 8

/**
 * Largest DER of one CRL, in bytes. An entry takes 35 to 53 bytes (a serial number of 16 to 20 bytes, with or without a reason),
 * so a million entries of any kind fit. A Worker has 128 MB in all.
 */
export const MAX_CRL_BYTES = 67_108_864

/**
 * Largest distributionPoint of an issuingDistributionPoint, in bytes. Those in use have one to three URIs of some 100 bytes. Its
 * names are stored as text, and a row of D1 has at most 2 MB.
 */
export const MAX_DISTRIBUTION_POINT_BYTES = 8_192

/** Most octets of a cRLNumber without its sign octet (RFC 5280 5.2.3). */
export const MAX_CRL_NUMBER_BYTES = 20
