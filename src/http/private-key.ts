/**
 * RFC 7468 sections 10 and 11, and OpenSSL's, OpenSSH's, SSH2's and PGP's kinds: all say BEGIN … PRIVATE KEY; PuTTY's and
 * the text that OpenSSL prints say otherwise. The count is bounded: an open one makes the search quadratic.
 */
const ARMOURED = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-|Private-Key: \(|privateExponent:/i

/** Base64 of at least 48 bytes, which no private key is shorter than. */
const BASE64 = /^[A-Za-z0-9+/]{64,}={0,2}$/

/**
 * How DER of a private key begins: a SEQUENCE whose first member is a small version, then an AlgorithmIdentifier
 * (PKCS #8, RFC 5958 2), a modulus (PKCS #1, RFC 8017 A.1.2) or a key (RFC 5915 3). A certificate begins otherwise.
 */
const PRIVATE_KEY_DER = /^30(?:[0-7].|81..|82....|83......)(?:020100(?:30|02)|02010130|02010104)/

/** Faults that are told; a body may hold thousands. */
const MAX_FOUND = 10
/** Characters of a pointer; what lies deeper is told by the last ancestor that fits. */
const MAX_POINTER = 256

/**
 * Finds private keys anywhere in a parsed body, also in fields that nobody reads (contract 3): PEM and its kin, base64 of
 * DER, and JWK (RFC 7517; a private one has `d`). Returns JSON pointers, of the first few.
 * Walks with a list of its own: a body may be nested deeper than the call stack.
 */
export function findPrivateKeys(body: unknown): readonly string[] {
  const found = new Set<string>()
  const left: Place[] = [{ pointer: '', value: body }]
  for (let next = left.pop(); next !== undefined && found.size < MAX_FOUND; next = left.pop()) {
    const { pointer, value } = next
    if (holdsPrivateKey(value)) found.add(pointer)
    if (typeof value === 'object' && value !== null) for (const place of placesIn(pointer, value)) left.push(place)
  }
  return [...found]
}

interface Place {
  readonly pointer: string
  readonly value: unknown
}

/** A text that is one, a JWK, or an object with one for a member's name: that name must not be echoed in a pointer to it. */
function holdsPrivateKey(value: unknown): boolean {
  if (typeof value === 'string') return isPrivateKeyText(value)
  if (typeof value !== 'object' || value === null) return false
  return isPrivateJwk(value) || Object.keys(value).some(isPrivateKeyText)
}

function placesIn(pointer: string, value: object): readonly Place[] {
  return Object.entries(value)
    .filter(([key]) => !isPrivateKeyText(key))
    .map(([key, member]) => ({ pointer: childPointer(pointer, key), value: member }))
}

function childPointer(parent: string, key: string): string {
  const child = `${parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return child.length > MAX_POINTER ? parent : child
}

function isPrivateKeyText(text: string): boolean {
  if (ARMOURED.test(text)) return true
  const base64 = text.replace(/\s/g, '')
  if (!BASE64.test(base64)) return false
  const start = [...atob(base64.slice(0, 16))].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return PRIVATE_KEY_DER.test(start)
}

function isPrivateJwk(value: object): boolean {
  return 'kty' in value && 'd' in value && typeof value.d === 'string'
}
