import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { UnknownCredential } from '../../store/access.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import type { Refusal } from '../refusal.ts'
import {
  type Asked,
  type Comparison,
  type Condition,
  type Seen,
  type SeenAccount,
  type SeenZone,
  selectAccount,
  selectCredentialId,
  selectSeenAccounts,
  selectSeenZones,
  selectZone,
} from './sql.ts'

/** What clients look up before they do anything else. Access may be off: these are not routes of Access. */

/** All zones here are active, and their DNS is elsewhere (docs/differences.md, Look-ups). */
export const STATUS = 'active'
export const TYPE = 'partial'

/** The parameters of a list that are given once. */
export const ACCOUNT_PARAMETERS = ['name', 'direction'] as const
export const ZONE_PARAMETERS = [
  ...ACCOUNT_PARAMETERS,
  'account.id',
  'account.name',
  'status',
  'match',
  'order',
] as const

/** A list, as a query asks for it. */
interface AskedList {
  readonly query: URLSearchParams
  readonly page: AskedPage
}

/** A page of the accounts that a credential has a grant on. */
export function listAccounts(db: Database, claim: Claim, asked: AskedList): Promise<Looked<Page<SeenAccount>>> {
  const name = asked.query.get('name')
  const conditions = name === null ? [] : [textCondition('account.name', name)]
  return list(db, claim, asked, { parameters: ACCOUNT_PARAMETERS, conditions, select: selectSeenAccounts })
}

/** A page of the zones that a credential may read. */
export function listZones(db: Database, claim: Claim, asked: AskedList): Promise<Looked<Page<SeenZone>>> {
  const conditions = zoneConditions(asked.query)
  return list(db, claim, asked, { parameters: ZONE_PARAMETERS, conditions, select: selectSeenZones })
}

/** The account that the path names. One that the credential may not read answers like one that is not there. */
export async function getAccount(db: Database, claim: Claim): Promise<Result<SeenAccount, Refusal>> {
  return foundOr('account', await selectAccount(db, claim))
}

/** The zone that the path names, likewise. */
export async function getZone(db: Database, claim: Claim): Promise<Result<SeenZone, Refusal>> {
  return foundOr('zone', await selectZone(db, claim))
}

/** The holder of a key. A token is nobody's. */
export async function getUser(
  db: Database,
  claim: Claim,
): Promise<Result<{ readonly id: string; readonly email: string }, Refusal>> {
  const { credential } = claim
  const found = await selectCredentialId(db, claim)
  return foundOr(
    'user',
    mapOk(found, (id) => (credential.kind === 'key' ? { id, email: credential.email } : undefined)),
  )
}

type Looked<T> = Result<T, Refusal | HttpRefusal>

async function list<T>(
  db: Database,
  claim: Claim,
  { query, page }: AskedList,
  {
    parameters,
    conditions,
    select,
  }: {
    readonly parameters: readonly string[]
    readonly conditions: readonly Condition[]
    readonly select: (db: Database, claim: Claim, asked: Asked) => Promise<Result<Seen<T>, UnknownCredential>>
  },
): Promise<Looked<Page<T>>> {
  const repeated = parameters.find((parameter) => query.getAll(parameter).length > 1)
  const order = ORDERS.find((one) => one === query.get('order')) ?? 'name'
  const any = query.get('match') === 'any' && conditions.length > 0
  const listed = await select(db, claim, {
    ...(repeated === undefined ? { conditions, any } : { conditions: [], any: false }),
    order,
    descending: query.get('direction') === 'desc',
    ...windowOf(page),
  })
  if (!listed.ok) return fail(refusalOf(listed.error))
  if (repeated !== undefined) return fail({ reason: 'repeated_parameter', parameter: repeated })
  return mapOk(page, (one) => ({ ...one, ...listed.value }))
}

/** The others of Cloudflare's orders are that of names: all zones have one status, and none has a plan. */
const ORDERS = ['account.id', 'account.name'] as const

/** Every filter that narrows the list down is obeyed: a client acts on what is left. */
function zoneConditions(query: URLSearchParams): readonly Condition[] {
  const given = (name: string, condition: (value: string) => Condition) => {
    const value = query.get(name)
    return value === null ? [] : [condition(value)]
  }
  const types = query.getAll('type').flatMap((value) => value.split(','))
  return [
    ...given('name', (value) => textCondition('domain', value)),
    ...given('account.id', (value) => ({ of: 'account.id', text: value })),
    ...given('account.name', (value) => textCondition('account.name', value)),
    ...given('status', (value) => value === STATUS),
    ...(types.length === 0 ? [] : [types.includes(TYPE)]),
  ]
}

/** Cloudflare's operators: `contains:example`. A text without one is equal. */
const OPERATOR = /^(?:(equal|not_equal)|(starts_with|ends_with|contains)(_case_sensitive)?):/

function textCondition(of: 'domain' | 'account.name', value: string): Condition {
  const [operator = '', whole, part, caseSensitive] = OPERATOR.exec(value) ?? []
  const comparison = (whole ?? part ?? 'equal') as Comparison
  const text = value.slice(operator.length)
  if (of === 'account.name') return { of, comparison, text, caseSensitive: caseSensitive !== undefined }
  // Domains are stored as A-labels in lower case; a whole name may be sent in any form.
  const domain = part === undefined ? parseHostname(text) : fail('part of a domain')
  const sent = caseSensitive === undefined ? text.toLowerCase() : text
  return { of, comparison, text: domain.ok ? domain.value : sent, caseSensitive: true }
}

function foundOr<T>(
  what: 'account' | 'zone' | 'user',
  found: Result<T | undefined, UnknownCredential>,
): Result<T, Refusal> {
  if (!found.ok) return fail(refusalOf(found.error))
  return found.value === undefined ? fail({ reason: 'cannot_look_up', what }) : ok(found.value)
}

/** These routes have a code of their own for a bad token (contract 4.5). */
function refusalOf({ kind, expiredOn, validFrom }: UnknownCredential): Refusal {
  return kind === 'key'
    ? { reason: 'unknown_credential', kind, expiredOn, validFrom }
    : { reason: 'unknown_access_token', expiredOn, validFrom }
}
