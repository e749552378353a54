import { type PrivateKeyForm, privateKeyIn } from '../x509/index.ts'

/** Where a private key is: a JSON pointer (RFC 6901). */
export interface FoundPrivateKey {
  readonly pointer: string
  readonly reason: PrivateKeyForm
}

/** How many keys are told of: a body may hold thousands. */
const MAX_FOUND = 10
/** Most characters of a pointer. A key that lies deeper has the pointer of its last ancestor that fits. */
const MAX_POINTER = 256

/**
 * Finds private keys anywhere in a parsed body, in unknown fields too (contract 3): in texts of any form and encoding, and as
 * JWK (RFC 7517; a private one has `d`). Returns the first few.
 * The walk is not recursive: a body may be nested deeper than the call stack.
 */
export function findPrivateKeys(body: unknown): readonly FoundPrivateKey[] {
  const found = new Map<string, PrivateKeyForm>()
  const left: Place[] = [{ pointer: '', value: body }]
  for (let next = left.pop(); next !== undefined && found.size < MAX_FOUND; next = left.pop()) {
    const { pointer, value } = next
    const form = formIn(value)
    if (form !== undefined) found.set(pointer, form)
    if (typeof value === 'object' && value !== null) for (const place of placesIn(pointer, value)) left.push(place)
  }
  return [...found].map(([pointer, reason]) => ({ pointer, reason }))
}

interface Place {
  readonly pointer: string
  readonly value: unknown
}

/** The private key in a text, as a JWK, or in the name of a member. In the last case the pointer must not repeat the name. */
function formIn(value: unknown): PrivateKeyForm | undefined {
  if (typeof value === 'string') return privateKeyIn(value)
  if (typeof value !== 'object' || value === null) return undefined
  const isHere = isPrivateJwk(value) || Object.keys(value).some((key) => privateKeyIn(key) !== undefined)
  return isHere ? 'private_key' : undefined
}

function placesIn(pointer: string, value: object): readonly Place[] {
  return Object.entries(value)
    .filter(([key]) => privateKeyIn(key) === undefined)
    .map(([key, member]) => ({ pointer: childPointer(pointer, key), value: member }))
}

function childPointer(parent: string, key: string): string {
  const child = `${parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return child.length > MAX_POINTER ? parent : child
}

function isPrivateJwk(value: object): boolean {
  return 'kty' in value && 'd' in value && typeof value.d === 'string'
}
