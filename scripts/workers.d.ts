/** The Workers types that the route table brings along when the scripts read it; the rest of them would clash with Node's. */
declare global {
  type D1Database = import('@cloudflare/workers-types').D1Database
  type CryptoKeyPair = import('node:crypto').webcrypto.CryptoKeyPair
  type CryptoKey = import('node:crypto').webcrypto.CryptoKey
  type RateLimit = import('@cloudflare/workers-types').RateLimit
}

export {}
