import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import type { LogEntry } from '../../../src/core/log.ts'
import { type Answer, call } from '../../support/api.ts'
import { pem, root } from '../../support/pki.ts'
import { freshTenant, NOTHING_STORED, soundBody, storedRows } from '../../support/requests.ts'

/** In place of the octets of a key: no two letters of its base64 may appear anywhere. */
const OCTETS = Uint8Array.from({ length: 121 }, (_, i) => (i * 89 + 41) & 0xff)
const SECRET = toBase64(OCTETS).slice(0, 24)

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

afterEach(async () => {
  expect(await storedRows()).toEqual(NOTHING_STORED)
})

/** Expects a refusal with a fault at exactly these places, and the key neither in the answer nor in the log. */
async function expectFound(json: string, pointers: readonly string[]): Promise<void> {
  const log: LogEntry[] = []
  const answer: Answer = await call(tenant.accountPath, {
    method: 'POST',
    headers: { authorization: tenant.authorization, 'content-type': 'application/json' },
    body: json,
    log,
  })
  expect(answer.status).toBe(400)
  const found = answer.body.errors.filter(({ message }) => /holds a private key: never send one/.test(message))
  expect(found.map(({ source }) => source?.pointer).toSorted()).toEqual([...pointers].toSorted())
  expect(found.every(({ code }) => code === 12130)).toBe(true)
  const said = `${answer.text}${JSON.stringify([...answer.headers])}${JSON.stringify(log)}`
  expect(said).not.toContain(SECRET)
  expect(said).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY/)
  expect(log).toMatchObject([{ level: 'info', code: 12130 }])
}

const withName = (key: string) => JSON.stringify(soundBody({ name: key.slice(0, 350) }))
const PKCS8 = pem(OCTETS, 'PRIVATE KEY')

describe('a private key is found', () => {
  it.each([
    ['PKCS #8', PKCS8],
    ['PKCS #8, encrypted', pem(OCTETS, 'ENCRYPTED PRIVATE KEY')],
    ['RSA', pem(OCTETS, 'RSA PRIVATE KEY')],
    ['EC', pem(OCTETS, 'EC PRIVATE KEY')],
    ['DSA', pem(OCTETS, 'DSA PRIVATE KEY')],
    ['OpenSSH', pem(OCTETS, 'OPENSSH PRIVATE KEY')],
    ['any other', pem(OCTETS, 'ANY 2 PRIVATE KEY')],
    [
      'SSH2',
      `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n${toBase64(OCTETS)}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
    ],
    ['PGP', `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${toBase64(OCTETS)}\n-----END PGP PRIVATE KEY BLOCK-----`],
    ['PuTTY', `PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n${toBase64(OCTETS)}`],
    ['cut short', PKCS8.slice(0, 60)],
    ['with \\n in place of newlines', PKCS8.replaceAll('\n', '\\n')],
    ['with CRLF', PKCS8.replaceAll('\n', '\r\n')],
    ['on one line', PKCS8.replaceAll('\n', '')],
    ['indented', PKCS8.replaceAll('\n', '\n  ')],
    ['with the label in lower case', PKCS8.toLowerCase()],
    ['after a certificate', root() + PKCS8],
    ['before a certificate', PKCS8 + root()],
    ['between certificates', root() + PKCS8 + root()],
    ['glued to a certificate', root().trimEnd() + PKCS8],
  ])('as certificate: %s', async (_, key) => {
    await expectFound(JSON.stringify(soundBody({ certificate: key })), ['/certificate'])
  })

  it.each<[string, string, readonly string[]]>([
    ['as the name', withName(PKCS8), ['/name']],
    [
      'among the hostnames',
      JSON.stringify(soundBody({ associated_hostnames: ['a.b', PKCS8] })),
      ['/associated_hostnames/1'],
    ],
    ['as the hostnames', JSON.stringify(soundBody({ associated_hostnames: PKCS8 })), ['/associated_hostnames']],
    ['in a field that is not read', JSON.stringify(soundBody({ private_key: PKCS8 })), ['/private_key']],
    ['in a field without a name', JSON.stringify(soundBody({ '': PKCS8 })), ['/']],
    ['in a field whose name needs escapes', JSON.stringify(soundBody({ 'a/b~c': PKCS8 })), ['/a~1b~0c']],
    [
      'in __proto__',
      `{"__proto__":{"x":${JSON.stringify(PKCS8)}},${JSON.stringify(soundBody()).slice(1)}`,
      ['/__proto__/x'],
    ],
    ['deep inside', JSON.stringify(soundBody({ x: [0, { y: [[{ z: PKCS8 }]] }] })), ['/x/1/y/0/0/z']],
    ['in the name of a member', JSON.stringify(soundBody({ [PKCS8]: 1 })), ['']],
    ['in the name of a member deep inside', JSON.stringify(soundBody({ x: { y: { [PKCS8]: 1 } } })), ['/x/y']],
    [
      'in the name of a member inside a field of the wrong type',
      JSON.stringify(soundBody({ name: { [PKCS8]: 1 } })),
      ['/name'],
    ],
    ['under a member named by a key', JSON.stringify(soundBody({ [PKCS8]: { x: 1 } })), ['']],
    ['with escapes in its JSON', JSON.stringify(soundBody({ x: PKCS8 })).replace('BEGIN', '\\u0042EGIN'), ['/x']],
    ['in a body that is a string', JSON.stringify(PKCS8), ['']],
    ['in a body that is a list', JSON.stringify([0, PKCS8]), ['/1']],
    [
      'in several places, each of them',
      JSON.stringify(soundBody({ name: PKCS8.slice(0, 99), certificate: PKCS8, x: [PKCS8] })),
      ['/name', '/certificate', '/x/0'],
    ],
  ])('%s', async (_, json, pointers) => {
    await expectFound(json, pointers)
  })

  it('5000 levels down', async () => {
    const nested = `${'['.repeat(5000)}${JSON.stringify(PKCS8)}${']'.repeat(5000)}`
    const json = `{"x":${nested},${JSON.stringify(soundBody()).slice(1)}`
    // A pointer has at most 256 characters: it is that of the deepest ancestor that fits.
    await expectFound(json, [`/x${'/0'.repeat(127)}`])
  })
})

describe('a private key is not repeated', () => {
  it.each([
    ['in JSON that is cut short', JSON.stringify(soundBody({ certificate: PKCS8 })).slice(0, -1), 400],
    ['in a body that is too large', JSON.stringify(soundBody({ x: PKCS8, y: 'y'.repeat(256 * 1024) })), 413],
  ])('%s', async (_, body, status) => {
    const log: LogEntry[] = []
    const headers = { authorization: tenant.authorization }
    const answer = await call(tenant.accountPath, {
      method: 'POST',
      headers,
      body: new TextEncoder().encode(body),
      log,
    })
    expect(answer.status).toBe(status)
    expect(`${answer.text}${JSON.stringify(log)}`).not.toMatch(/PRIVATE KEY/)
    expect(answer.text).not.toContain(SECRET)
  })
})
