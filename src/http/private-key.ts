/** RFC 7468 sections 10 and 11, and OpenSSL's, OpenSSH's, SSH2's and PGP's kinds: all say BEGIN … PRIVATE KEY. PuTTY's says otherwise. */
const PRIVATE_KEY = /BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File-/i

/**
 * Finds private keys anywhere in a parsed body, also in fields that nobody reads (contract 3). Returns JSON pointers.
 * Walks with a list of its own: a body may be nested deeper than the call stack.
 */
export function findPrivateKeys(body: unknown): readonly string[] {
  const found: string[] = []
  const left: { readonly pointer: string; readonly value: unknown }[] = [{ pointer: '', value: body }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { pointer, value } = next
    if (typeof value === 'string' && PRIVATE_KEY.test(value)) found.push(pointer)
    if (typeof value !== 'object' || value === null) continue
    for (const [key, member] of Object.entries(value)) {
      const child = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      // A key in a member's name must not be echoed in a pointer to it.
      if (PRIVATE_KEY.test(key)) found.push(pointer)
      else left.push({ pointer: child, value: member })
    }
  }
  return found
}
