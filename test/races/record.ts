import { env } from 'cloudflare:workers'
import { handleRequest } from '../../src/api/router.ts'
import { toHex } from '../../src/core/bytes.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { sha256Hex } from '../../src/core/sha256.ts'
import { runBatch } from '../../src/store/d1.ts'
import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
import { basicConstraints, keyUsage } from '../../src/testing/extensions.ts'
import { NOW, pem } from '../support/pki.ts'
import { freshId } from '../support/requests.ts'
import { account } from '../support/tenants.ts'
import { issue } from '../support/x509/chain.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

/** One record, requests on it, and all that can be read of it afterwards. */

/** What all records of a run share: a CA, and CRLs that it signed. */
export interface Material {
  readonly certificate: string
  /** MD5 of its DER, 32 upper-case hex digits. */
  readonly md5: string
  readonly crls: readonly BodyInit[]
}

export async function makeMaterial(): Promise<Material> {
  const extensions = [basicConstraints(true, 0), keyUsage(0x06, 1)]
  const ca = await issue({ cn: `CA ${freshId()}`, extensions })
  const crls = [1, 2, 3].map((number) => issueCrl(ca, { number, revoked: [{ serial: number }] }))
  const md5 = toHex(new Uint8Array(await crypto.subtle.digest('MD5', ca.der))).toUpperCase()
  return { certificate: pem(ca.der), md5, crls: await Promise.all(crls) }
}

/** A record in an account of its own. Equal ones differ in their ids and the domain alone. */
export interface Fresh {
  readonly accountId: string
  readonly zoneId: string
  readonly id: string
  /** What it was added with. */
  readonly added: string
  readonly domain: string
  readonly authorization: string
  /** The tag of the record. */
  readonly etag: string
  /** The position of the newest change. */
  readonly head: number
}

export interface Sent {
  readonly status: number
  readonly text: string
}

/** What a record has at first, beside its certificate. `name`: its newest change is one of its name. */
export type Has = 'hostname' | 'crl' | 'block' | 'name'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: BodyInit
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that writes. */
export interface Write {
  readonly needs?: readonly Has[]
  readonly asked: (fresh: Fresh, material: Material) => Asked
  /** The operation on record, if the request is acknowledged. */
  readonly operation: string
  /** Whether an acknowledged request may change nothing. */
  readonly mayBeNothing?: true
}

export const recordOf = ({ accountId, id }: Fresh) => `/client/v4/accounts/${accountId}/access/certificates/${id}`
export const settingsOf = ({ accountId }: Fresh) => `/client/v4/accounts/${accountId}/access/certificates/settings`
const edgeOf = ({ accountId }: Fresh) => `/edge/v1/accounts/${accountId}`
const underRecord = (fresh: Fresh, rest: string) => `${edgeOf(fresh)}/certificates/${fresh.id}/${rest}`

const putCrl = (number: number): Write => ({
  operation: 'upload_crls',
  needs: ['crl'],
  mayBeNothing: true,
  asked: (fresh, { crls }) => ({
    method: 'PUT',
    path: underRecord(fresh, 'crl'),
    headers: { 'content-type': 'application/pkix-crl' },
    body: crls[number - 1] ?? '',
  }),
})

const update = (body: (fresh: Fresh) => object): Write => ({
  operation: 'update_certificate',
  mayBeNothing: true,
  asked: (fresh) => ({ method: 'PUT', path: recordOf(fresh), body: JSON.stringify(body(fresh)) }),
})

/** The requests that race. */
export const WRITES = {
  PUT: update(({ domain }) => ({ name: 'other', associated_hostnames: [domain] })),
  'PUT of no hostname': { ...update(() => ({})), needs: ['hostname'] },
  'PUT if unchanged': {
    ...update(({ domain }) => ({ name: 'bound', associated_hostnames: [`c.${domain}`] })),
    asked: (fresh) => ({
      method: 'PUT',
      path: recordOf(fresh),
      headers: { 'if-match': fresh.etag },
      body: JSON.stringify({ name: 'bound', associated_hostnames: [`c.${fresh.domain}`] }),
    }),
  },
  DELETE: { operation: 'delete_certificate', asked: (fresh) => ({ method: 'DELETE', path: recordOf(fresh) }) },
  POST: {
    operation: 'add_certificate',
    asked: ({ accountId }, { certificate }) => ({
      method: 'POST',
      path: `/client/v4/accounts/${accountId}/access/certificates`,
      body: JSON.stringify({ name: 'again', certificate }),
    }),
  },
  'CRL 2': putCrl(2),
  'CRL 3': putCrl(3),
  'DELETE of CRLs': {
    operation: 'delete_crls',
    needs: ['crl'],
    mayBeNothing: true,
    asked: (fresh) => ({ method: 'DELETE', path: underRecord(fresh, 'crl') }),
  },
  block: {
    operation: 'block_serial',
    mayBeNothing: true,
    asked: (fresh) => ({ method: 'PUT', path: underRecord(fresh, 'blocked_serials/0b') }),
  },
  unblock: {
    operation: 'unblock_serial',
    needs: ['block'],
    asked: (fresh) => ({ method: 'DELETE', path: underRecord(fresh, 'blocked_serials/0a') }),
  },
  mode: {
    operation: 'put_mode',
    mayBeNothing: true,
    asked: (fresh) => ({
      method: 'PUT',
      path: `${edgeOf(fresh)}/hostnames/${fresh.domain}`,
      body: '{"mode": "report"}',
    }),
  },
  settings: {
    operation: 'put_settings',
    mayBeNothing: true,
    asked: (fresh) => ({
      method: 'PUT',
      path: settingsOf(fresh),
      body: JSON.stringify({ settings: [{ hostname: fresh.domain, client_certificate_forwarding: true }] }),
    }),
  },
  policy: {
    operation: 'put_revocation_policy',
    mayBeNothing: true,
    asked: (fresh) => ({ method: 'PUT', path: underRecord(fresh, 'revocation'), body: '{"stale_policy": "soft"}' }),
  },
  revert: {
    operation: 'update_certificate',
    needs: ['name'],
    asked: (fresh) => ({ method: 'POST', path: `${edgeOf(fresh)}/changes/${fresh.head}/revert` }),
  },
} as const satisfies Readonly<Record<string, Write>>

export type WriteName = keyof typeof WRITES

/** Sends a request of a record's owner. */
export async function ask(
  db: D1Database,
  { authorization }: Pick<Fresh, 'authorization'>,
  { method, path, headers, body }: Asked,
  newId: () => string = () => crypto.randomUUID(),
): Promise<Sent & { readonly headers: Headers }> {
  const json = body === undefined || body instanceof Uint8Array ? {} : { 'content-type': 'application/json' }
  const request = new Request(`https://api.example${path}`, {
    method,
    headers: { authorization, ...json, ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const logged: LogEntry[] = []
  const log = (entry: LogEntry) => {
    if (entry.level === 'error') logged.push(entry)
  }
  const ambient = { now: NOW, clock: () => NOW, clockMs: () => NOW * 1_000, newId, log }
  const answer = await handleRequest(request, { DB: db }, ambient)
  if (logged.length > 0) throw new Error(`${method} ${path}: ${JSON.stringify(logged)}`)
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

/** A fresh record that has these things. */
export async function freshRecord(material: Material, has: ReadonlySet<Has>): Promise<Fresh> {
  const [accountId, zoneId, credentialId] = [freshId(), freshId(), freshId()]
  const domain = `${zoneId}.example`
  const secret = `secret-${credentialId}`
  const credential = {
    ...({ id: credentialId, kind: 'token', name: 'test', email: null, notBefore: null, expiresOn: null } as const),
    secretSha256: await sha256Hex(secret),
  }
  await runBatch(env.DB, [
    insertAccount({ id: accountId, name: 'Test account', enabled: true, certificateQuota: 50 }, NOW),
    insertZone({ id: zoneId, accountId, domain, enabled: true }, NOW),
    ...insertCredential(credential, [account(accountId)], NOW),
  ])
  const authorization = `Bearer ${secret}`
  const hostnames = has.has('hostname') ? [domain, `a.${domain}`] : []
  const body = { name: 'first', certificate: material.certificate, associated_hostnames: hostnames }
  const added = JSON.stringify(body)
  const path = `/client/v4/accounts/${accountId}/access/certificates`
  const answer = await acknowledged(authorization, { method: 'POST', path, body: added })
  const id: string = JSON.parse(answer.text).result.id
  const etag = answer.headers.get('etag') ?? ''
  const fresh = { accountId, zoneId, id, added, domain, authorization, etag, head: 1 }
  const more = [
    ...(has.has('crl') ? [putCrl(1).asked(fresh, material)] : []),
    ...(has.has('block') ? [{ ...WRITES.unblock.asked(fresh), method: 'PUT' }] : []),
    ...(has.has('name') ? [{ method: 'PUT', path: recordOf(fresh), body: '{"name": "second"}' }] : []),
  ]
  for (const asked of more) await acknowledged(authorization, asked)
  return { ...fresh, head: 1 + more.length }
}

async function acknowledged(authorization: string, asked: Asked) {
  const answer = await ask(env.DB, { authorization }, asked)
  if (answer.status > 299) throw new Error(answer.text)
  return answer
}

/** What can be read of a record, by its route; of what no write sets, nothing. */
export async function stateOf(fresh: Fresh, names: readonly WriteName[]): Promise<Readonly<Record<string, Sent>>> {
  const paths = {
    record: recordOf(fresh),
    crls: underRecord(fresh, 'crl'),
    blocks: underRecord(fresh, 'blocked_serials'),
    changes: `${edgeOf(fresh)}/changes`,
    ...(names.includes('settings') && { settings: settingsOf(fresh) }),
    ...(names.includes('mode') && { modes: `${edgeOf(fresh)}/hostnames` }),
    ...(names.includes('policy') && { policy: underRecord(fresh, 'revocation') }),
  }
  const read = Object.entries(paths).map(async ([name, path]) => {
    const { status, text } = await ask(env.DB, fresh, { method: 'GET', path })
    return [name, { status, text }] as const
  })
  return Object.fromEntries(await Promise.all(read))
}
