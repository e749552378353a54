import { randomBytes } from 'node:crypto'
import { sha256Hex } from '../../src/core/sha256.ts'

/** A new id of an account, a zone or a credential: 32 lower-case hex digits. */
export function newId(): string {
  return randomBytes(16).toString('hex')
}

/**
 * When a credential expires that is good from a moment on, unless somebody says otherwise; Unix seconds. A year: a token
 * that is forgotten ends, and one in use is renewed as seldom as certificates are.
 */
export function yearAfter(seconds: number): number {
  return seconds + 365 * 86_400
}

/** A secret that is shown once, and what is stored of it. */
export interface Secret {
  readonly text: string
  readonly sha256: string
}

/** An API token of 40 characters as Cloudflare's are, 240 bits of randomness. */
export function newToken(): Promise<Secret> {
  return secret(randomBytes(30).toString('base64url'))
}

/** An API key of 37 hex digits as Cloudflare's are (contract 4), 148 bits of randomness. */
export function newKey(): Promise<Secret> {
  return secret(randomBytes(19).toString('hex').slice(0, 37))
}

async function secret(text: string): Promise<Secret> {
  return { text, sha256: await sha256Hex(text) }
}
