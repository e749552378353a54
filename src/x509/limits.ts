/** Every bound on hostile certificates, with its unit and where the value comes from. */

/**
 * Largest DER of one certificate, in bytes. The largest of the 148 public roots is under 3 KB; Cloudflare itself
 * stops showing a Worker client certificates above 10 KiB (`certRFC9440TooLarge`), so 16 KiB leaves room above both.
 */
export const MAX_CERTIFICATE_BYTES = 16_384

/**
 * Certificates in one upload. A chain to a root is rarely longer than four; sixteen also carries a whole team's
 * roots in one bundle, and keeps the CPU of one upload bounded (pkijs costs about 1.2 ms a certificate).
 */
export const MAX_CERTIFICATES_PER_UPLOAD = 16

/**
 * Nesting depth of constructed values. A name inside a GeneralName inside a constraint inside a certificate is
 * 13 levels down; X.509 needs no more.
 */
export const MAX_DEPTH = 20

/**
 * TLVs read in one certificate, and again in each extension that is read when a rule asks. Public roots have 60 to 200; a CA
 * constrained to 500 names has 1,200. Measured on 16 KB of the costliest fields (thousand extensions, 480 RDNs), pkijs needs
 * 20 to 40 µs a TLV: 2,000 keep the second decoder below 100 ms a certificate. Values of extensions that are not read here cost
 * it 4 µs a TLV, some 35 ms for 16 KB of them.
 */
export const MAX_TLVS = 2_000

/** Content octets of a serialNumber: RFC 5280 4.1.2.2 gives 20; OpenSSL and Go read longer ones, we allow 2x. */
export const MAX_SERIAL_BYTES = 40

/** Content octets of one OBJECT IDENTIFIER. The longest in use (Microsoft template ids) have about 30. */
export const MAX_OID_BYTES = 64

/** Smallest RSA modulus, in bits: NIST SP 800-131A revision 2 disallows less than 112 bits of strength. */
export const MIN_RSA_BITS = 2_048

/** Largest RSA modulus, in bits: verification cost grows with its square; no public root is above 4,096. */
export const MAX_RSA_BITS = 8_192

/**
 * CRLs in one upload: one for each CA of a bundle of as many certificates, as the files have that nginx, Node and HAProxy
 * take. Each costs some signature checks and six statements of a batch.
 */
export const MAX_CRLS_PER_UPLOAD = 16

/**
 * Keys of one CA name that a CRL's signature is tried with. A CA that changes its key has two for a while, and one that signs
 * CRLs with a key of its own has three; each check digests the whole CRL, of up to 64 MiB.
 */
export const MAX_CRL_SIGNER_KEYS = 8

/**
 * Largest DER of one CRL, in bytes. An entry takes 35 to 53 (a serial number of 16 to 20 bytes, with or without a
 * reason), so this is a million of any kind; a Worker has 128 MB in all.
 */
export const MAX_CRL_BYTES = 67_108_864

/**
 * Names of an issuingDistributionPoint's distributionPoint, in bytes. In use are one to three URIs of some 100; the text of
 * what is read from it is stored, and a row of D1 has 2 MB.
 */
export const MAX_DISTRIBUTION_POINT_BYTES = 8_192

/** Octets of a cRLNumber, without the one that only keeps it positive: RFC 5280 5.2.3. */
export const MAX_CRL_NUMBER_BYTES = 20
