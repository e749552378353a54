import type { Credential } from '../core/model.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { sha256Hex } from '../core/sha256.ts'
import type { HttpRefusal } from './http-refusal.ts'

/** RFC 6750 2.1: the scheme, then a b64token. The scheme's case does not matter (RFC 9110 11.1). */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i
/** A local part, @, and a domain with a dot, in the lengths of RFC 5321 4.5.3.1. */
const EMAIL = /^[^\s@]{1,64}@[^\s@.]{1,63}(?:\.[^\s@.]{1,63})+$/
/** Contract 4: 37 or more hex digits. */
const KEY = /^[0-9a-f]{37,}$/i

/**
 * Reads the credentials of a request: `Authorization: Bearer`, or X-Auth-Email with X-Auth-Key. Where both are sent, as the
 * TypeScript SDK does, the token decides (contract 4). Only their form is checked here.
 * Errors: `no_credentials`, `authorization_syntax`, `key_pair_syntax`.
 */
export async function readCredential(headers: Headers): Promise<Result<Credential, HttpRefusal>> {
  const authorization = headers.get('authorization')
  if (authorization !== null) {
    const token = BEARER.exec(authorization.trim())?.[1]
    if (token === undefined) return fail({ reason: 'authorization_syntax' })
    return ok({ kind: 'token', secretSha256: await sha256Hex(token) })
  }
  const email = headers.get('x-auth-email')
  const key = headers.get('x-auth-key')
  if (email === null && key === null) return fail({ reason: 'no_credentials' })
  if (email !== null && key !== null && EMAIL.test(email) && KEY.test(key)) {
    return ok({ kind: 'key', email: email.toLowerCase(), secretSha256: await sha256Hex(key) })
  }
  return fail({ reason: 'key_pair_syntax', email: !EMAIL.test(email ?? ''), key: !KEY.test(key ?? '') })
}
