import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { type VerifiedChain, verifyChain } from '../../src/registry/changes/verify-chain.ts'
import { runBatch } from '../../src/store/d1.ts'
import { type Answer, type CallOptions, call } from './api.ts'
import { get } from './family.ts'

/** What the tests of the record of changes share. */

/** A change, as the API shows it. */
export interface ShownChange {
  readonly id: number
  readonly at: string
  readonly zone_id: string | null
  readonly actor: { readonly kind: string; readonly id: string | null; readonly name: string }
  readonly address: string | null
  readonly operation: string
  readonly certificate_id: string | null
  readonly hostnames: readonly string[]
  readonly before: unknown
  readonly after: unknown
  readonly omitted?: true
  readonly reverts: number | null
  readonly sha256: string | null
}

interface Party {
  readonly accountId: string
  readonly authorization: string
}

/** The changes of an account, the newest first. @param query such as `?per_page=1` */
export async function changesOf({ accountId, authorization }: Party, query = ''): Promise<readonly ShownChange[]> {
  const answer = await get(`/edge/v1/accounts/${accountId}/changes${query}`, authorization)
  expect([answer.status, answer.text]).toEqual([200, answer.text])
  return JSON.parse(answer.text).result
}

/** The newest change of an account. */
export async function newestChange(party: Party): Promise<ShownChange> {
  const [newest] = await changesOf(party, '?per_page=1')
  if (newest === undefined) throw new Error('the account has no change')
  return newest
}

/** Takes a change back. @param scope the path of its scope, in the edge namespace */
export function revert(
  scope: string,
  id: number | string,
  authorization: string,
  options: CallOptions = {},
): Promise<Answer> {
  return call(`${scope}/changes/${id}/revert`, {
    ...options,
    method: 'POST',
    headers: { authorization, ...options.headers },
  })
}

/** How many changes an account has ever had. */
export async function headOf(accountId: string): Promise<number> {
  const head = await env.DB.prepare('SELECT head FROM change_chains WHERE account_id = ?1')
    .bind(accountId)
    .first<number>('head')
  return head ?? 0
}

/** Verifies the chain of an account. @param known a seal that was kept elsewhere */
export function verify(accountId: string, known?: string): Promise<VerifiedChain> {
  return verifyChain((statement) => runBatch(env.DB, [statement]).then(([rows = []]) => rows), accountId, known)
}
