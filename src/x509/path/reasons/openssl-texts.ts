/** Texts of X509_verify_cert_error_string that several codes share. */
export const OPENSSL = {
  // BoringSSL, which Cloudflare runs, writes "self signed" without the hyphen of OpenSSL 3.
  selfSignedLeaf: 'self signed certificate',
  selfSignedInChain: 'self signed certificate in certificate chain',
  noIssuer: 'unable to get local issuer certificate',
  signature: 'certificate signature failure',
  purpose: 'unsupported certificate purpose',
  extension: 'invalid or inconsistent certificate extension',
  unspecified: 'unspecified certificate verification error',
  revoked: 'certificate revoked',
  tooLong: 'certificate chain too long',
} as const
