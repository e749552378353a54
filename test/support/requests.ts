import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { NewAccount, NewCredential, NewGrant } from '../../src/store/provisioning.ts'
import type { Answer } from './api.ts'
import { root, unremarkable } from './pki.ts'
import { account, addAccount, addCredential, addZone } from './tenants.ts'

/** The path of a scope's certificates. */
export function certificatesOf(kind: 'accounts' | 'zones', id: string): string {
  return `/client/v4/${kind}/${id}/access/certificates`
}

/** A sound body with a root of its own, which gets no message; a test breaks one member of it. */
export function soundBody(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { name: 'Allow devs', certificate: root(unremarkable()), ...more }
}

let counter = 0

/** 32 hex digits, different each time. */
export function freshId(): string {
  counter += 1
  return `f${counter.toString(16).padStart(31, '0')}`
}

/** Adds a token with these grants; returns the header that presents it. */
export async function freshToken(grants: readonly NewGrant[], more: Partial<NewCredential> = {}): Promise<string> {
  const id = freshId()
  await addCredential(`fresh-token-${id}`, grants, { id, ...more })
  return `Bearer fresh-token-${id}`
}

/** An account with a zone of a unique domain, the paths of both, and a token that may write in both. */
export async function freshTenant(more: Partial<NewAccount> = {}) {
  const accountId = await addAccount({ id: freshId(), ...more })
  const domain = `t${counter}.example`
  const zoneId = await addZone(accountId, domain, { id: freshId() })
  return {
    accountId,
    zoneId,
    domain,
    accountPath: certificatesOf('accounts', accountId),
    zonePath: certificatesOf('zones', zoneId),
    authorization: await freshToken([account(accountId)]),
  }
}

/** All rows that a POST may add: the same before and after a refusal. */
export async function storedRows(): Promise<unknown> {
  return await env.DB.prepare(
    `SELECT (SELECT count(*) FROM certificates) AS certificates,
      (SELECT count(*) FROM certificate_chain) AS chain,
      (SELECT count(*) FROM certificate_hostnames) AS hostnames`,
  ).first()
}

/** The result of storedRows for an empty database. */
export const NOTHING_STORED = { certificates: 0, chain: 0, hostnames: 0 }

/** A body without the documentation links of its errors, which are the same in every answer. */
export function bare(body: Answer['body']): Answer['body'] {
  const errors = body.errors.map((error) => {
    const { documentation_url, ...rest } = { documentation_url: undefined, ...error }
    expect([undefined, `https://api.example/docs/errors#${error.code}`]).toContain(documentation_url)
    return rest
  })
  return { ...body, errors }
}

/** The id of the added certificate, from an answer. */
export function addedId({ body }: Answer): string {
  return String(body.result?.['id'])
}
