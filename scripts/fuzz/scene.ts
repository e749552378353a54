import { createHash } from 'node:crypto'
import { toBase64 } from '../../src/core/bytes.ts'
import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
import { encodePem } from '../../src/x509/index.ts'
import { p256 } from './keys.ts'
import { NOW, newRoot, type Party, randomCertificate, randomCrl } from './make.ts'
import { Random } from './random.ts'
import type { Scene } from './wire.ts'

/** Ids and secrets of what every database of the fuzzer begins with. */
export const ACCOUNT = 'a'.repeat(32)
export const ZONE = 'b'.repeat(32)
export const OTHER_ACCOUNT = 'c'.repeat(32)
export const DOMAIN = 'fuzz.example'
export const TOKENS = {
  writer: 'fuzz-writer-token',
  reader: 'fuzz-reader-token',
  stranger: 'fuzz-stranger-token',
} as const

const random = new Random(0, 'scene', 0)
const root = newRoot(random, 'Scene Root')

/** The CA that is registered at the beginning. */
export const CA: Party = root.party
export const CA_PEM: string = encodePem(root.der)
/** A client of it. */
export const CLIENT_PEM: string = encodePem(
  randomCertificate(random, {
    subject: { name: newRoot(random, 'client').party.name, key: p256('client') },
    issuer: CA,
    isCa: false,
    plain: true,
  }),
)

function credential(name: keyof typeof TOKENS, id: string) {
  const secretSha256 = createHash('sha256').update(TOKENS[name]).digest('hex')
  return { id, kind: 'token', name, email: null, secretSha256, notBefore: null, expiresOn: null } as const
}

const account = { name: 'fuzz', enabled: true, certificateQuota: 20 } as const
const scope = { kind: 'accounts', id: ACCOUNT } as const

/** Two accounts, a zone, three tokens; one certificate with a hostname, a CRL, a blocked serial number, a setting and a mode. */
export const SCENE: Scene = {
  now: NOW,
  statements: [
    insertAccount({ id: ACCOUNT, ...account }, NOW),
    insertAccount({ id: OTHER_ACCOUNT, ...account }, NOW),
    insertZone({ id: ZONE, accountId: ACCOUNT, domain: DOMAIN, enabled: true }, NOW),
    ...insertCredential(credential('writer', '1'.repeat(32)), [{ scope, permission: 'write' }], NOW),
    ...insertCredential(credential('reader', '2'.repeat(32)), [{ scope, permission: 'read' }], NOW),
    ...insertCredential(
      credential('stranger', '3'.repeat(32)),
      [{ scope: { kind: 'accounts', id: OTHER_ACCOUNT }, permission: 'write' }],
      NOW,
    ),
  ],
  requests: [
    writes('POST', `/client/v4/accounts/${ACCOUNT}/access/certificates`, {
      name: 'Scene',
      certificate: CA_PEM,
      associated_hostnames: [`a.${DOMAIN}`],
    }),
    writes('PUT', `/edge/v1/accounts/${ACCOUNT}/certificates/${firstId()}/crl`, {
      crl: encodePem(crlOf(new Random(0, 'scene crl', 3)), 'X509 CRL'),
    }),
    writes('PUT', `/edge/v1/accounts/${ACCOUNT}/certificates/${firstId()}/blocked_serials/0a`, {}),
    writes('PUT', `/client/v4/accounts/${ACCOUNT}/access/certificates/settings`, {
      settings: [{ hostname: `a.${DOMAIN}`, client_certificate_forwarding: true }],
    }),
    writes('PUT', `/edge/v1/accounts/${ACCOUNT}/hostnames/a.${DOMAIN}`, {
      mode: 'report',
      until: '2026-06-03T00:00:00Z',
    }),
  ],
}

function writes(method: string, path: string, body: unknown) {
  return { method, path, token: TOKENS.writer, body: JSON.stringify(body) }
}

/** The id of the scene's certificate: the Worker counts ids from 1. */
export function firstId(): string {
  return `00000000-0000-4000-8000-${'1'.padStart(12, '0')}`
}

/** A CRL of the scene's CA. */
export function crlOf(given: Random): Uint8Array {
  return randomCrl(given, CA)
}

/** base64 of a text's UTF-8. */
export const base64Of = (text: string): string => toBase64(new TextEncoder().encode(text))
