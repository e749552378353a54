import * as v from 'valibot'
import { parseHostname } from '../../src/core/hostname.ts'
import { sha256Hex } from '../../src/core/sha256.ts'
import {
  deleteCredential,
  insertAccount,
  insertCredential,
  insertZone,
  type NewGrant,
  setQuotas,
} from '../../src/store/provisioning.ts'
import type { Statement } from '../../src/store/statement.ts'
import { newId, newToken, type Secret } from '../cli/secrets.ts'
import { DatabaseError } from '../workerd/sql-client.ts'
import type { Filling } from './service.ts'

const Id = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'must be an id of 32 lower-case hex digits'))
const Name = v.pipe(
  v.string(),
  v.check(
    (text) => [...text].length >= 1 && [...text].length <= 350 && !text.includes('\0'),
    'must have 1 to 350 characters',
  ),
)
const Domain = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parseHostname(dataset.value)
    if (parsed.ok) return parsed.value
    addIssue({ message: 'must be a domain such as example.com' })
    return NEVER
  }),
)
/** RFC 6750 2.1: what can be sent as a bearer token. */
const Token = v.pipe(v.string(), v.regex(/^[A-Za-z0-9\-._~+/]+=*$/, 'must consist of letters, digits and -._~+/'))
const WHOLE = 'must be a whole number from 0'
const Limit = v.pipe(v.number(), v.safeInteger(WHOLE), v.minValue(0, WHOLE))
const Certificate = v.strictObject({
  zone: v.optional(Domain),
  name: v.string(),
  certificate: v.string(),
  associated_hostnames: v.optional(v.array(v.string())),
})
const Setting = v.strictObject({
  hostname: v.string(),
  china_network: v.optional(v.boolean()),
  client_certificate_forwarding: v.optional(v.boolean()),
})

/** What a database is filled with, by its owner. Ids and tokens that are not given are made. */
export const SEED = v.strictObject({
  accounts: v.array(
    v.strictObject({
      id: v.optional(Id),
      name: v.optional(Name),
      /** How much the account may have, where that is not the default. */
      quota: v.optional(
        v.strictObject({
          certificates: v.optional(Limit),
          hostnames: v.optional(Limit),
          settings: v.optional(Limit),
          modes: v.optional(Limit),
          blockedSerials: v.optional(Limit),
          crls: v.optional(Limit),
          crlEntries: v.optional(Limit),
        }),
      ),
      zones: v.optional(v.array(v.strictObject({ id: v.optional(Id), name: Domain })), []),
      tokens: v.optional(
        v.array(
          v.strictObject({
            token: v.optional(Token),
            permission: v.optional(v.picklist(['read', 'write']), 'write'),
            name: v.optional(Name),
          }),
        ),
        [],
      ),
      /** As they are sent to the API; `zone` is the name of one of the account's zones that they are registered in. */
      certificates: v.optional(v.array(Certificate), []),
      settings: v.optional(v.array(Setting), []),
    }),
  ),
})

export type Seed = v.InferInput<typeof SEED>
/** The same, once it was read. */
export type ReadSeed = v.InferOutput<typeof SEED>
type SeedAccount = ReadSeed['accounts'][number]

/** What a seed has become. */
export interface Planted {
  readonly accounts: readonly PlantedAccount[]
}

export interface PlantedAccount {
  readonly id: string
  readonly zones: readonly { readonly id: string; readonly name: string }[]
  readonly tokens: readonly { readonly id: string; readonly token: string; readonly permission: 'read' | 'write' }[]
  readonly certificates: readonly { readonly id: string; readonly name: string }[]
}

/** A seed that cannot be planted: the message says what is wrong where. */
export class SeedError extends Error {
  constructor(pointer: string, what: string) {
    super(`${pointer === '' ? 'the seed' : pointer} ${what}`)
    this.name = 'SeedError'
  }
}

/** Reads a seed. Throws SeedError for the first thing that is wrong with it. */
export function readSeed(seed: unknown): ReadSeed {
  const read = v.safeParse(SEED, seed)
  if (!read.success) {
    const [issue] = read.issues
    throw new SeedError(pointerOf(issue.path?.map(({ key }) => key) ?? []), wordsOf(issue))
  }
  refuseTwice(read.output)
  return read.output
}

/** Refuses what the database can hold only once, and would refuse without saying where it stands. */
function refuseTwice({ accounts }: ReadSeed): void {
  const first = new Map<string, string>()
  const once = (kind: string, value: string | undefined, pointer: string) => {
    if (value === undefined) return
    const before = first.get(`${kind} ${value}`)
    if (before !== undefined) throw new SeedError(pointer, `is given twice: ${before} has it already`)
    first.set(`${kind} ${value}`, pointer)
  }
  for (const [a, account] of accounts.entries()) {
    once('account', account.id, `/accounts/${a}/id`)
    for (const [z, { id, name }] of account.zones.entries()) {
      once('zone', id, `/accounts/${a}/zones/${z}/id`)
      once('domain', name, `/accounts/${a}/zones/${z}/name`)
    }
    for (const [t, { token }] of account.tokens.entries()) once('token', token, `/accounts/${a}/tokens/${t}/token`)
  }
}

function wordsOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'is not known here'
  if (issue.received === 'undefined') return 'is missing'
  // Of a rule of ours, the message; of a type, valibot's name for it.
  const wanted = issue.kind === 'schema' ? `must be ${issue.expected}` : issue.message
  return `${wanted}; it is ${issue.received.slice(0, 80)}`
}

/** A JSON Pointer (RFC 6901). */
function pointerOf(path: readonly unknown[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/**
 * Fills a database: accounts, zones and tokens by SQL, certificates and settings by the API, so that every rule of it holds.
 * @param now Unix seconds, UTC
 */
export async function plant(seed: ReadSeed, filling: Filling, now: number): Promise<Planted> {
  const made = await Promise.all(seed.accounts.map(make))
  const helper = await newToken()
  const helperId = newId()
  const grants = made.map(({ id }): NewGrant => ({ scope: { kind: 'accounts', id }, permission: 'write' }))
  try {
    await filling.execute([
      ...made.flatMap((account) => account.statements(now)),
      ...credential(helperId, 'seed', helper, grants, now),
    ])
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    throw new SeedError('', `does not fit into the database: ${error.text}`)
  }
  const accounts: PlantedAccount[] = []
  for (const [index, { id, zones, tokens, plan }] of made.entries()) {
    const api = new SeedApi(filling, helper.text, `/accounts/${index}`)
    const certificates = []
    for (const [i, { zone, ...body }] of plan.certificates.entries()) {
      const pointer = `/accounts/${index}/certificates/${i}`
      const scope = zone === undefined ? `accounts/${id}` : zoneScope(zones, zone, pointer)
      certificates.push(await api.send('POST', `${scope}/access/certificates`, body, `/certificates/${i}`))
    }
    if (plan.settings.length > 0) {
      await api.send('PUT', `accounts/${id}/access/certificates/settings`, { settings: plan.settings }, '/settings')
    }
    accounts.push({ id, zones, tokens, certificates: certificates.map(({ id, name }) => ({ id, name })) })
  }
  await filling.execute([deleteCredential(helperId, 'token')])
  return { accounts }
}

function zoneScope(zones: PlantedAccount['zones'], name: string, pointer: string): string {
  const zone = zones.find((one) => one.name === name)
  if (zone === undefined)
    throw new SeedError(`${pointer}/zone`, `${JSON.stringify(name)} is not among the account's zones`)
  return `zones/${zone.id}`
}

async function make(plan: SeedAccount) {
  const id = plan.id ?? newId()
  const zones = plan.zones.map((zone) => ({ id: zone.id ?? newId(), name: zone.name }))
  const secrets = await Promise.all(
    plan.tokens.map(async ({ token }): Promise<Secret> => {
      return token === undefined ? await newToken() : { text: token, sha256: await sha256Hex(token) }
    }),
  )
  const tokens = plan.tokens.map(({ permission }, i) => ({ id: newId(), token: secrets[i]?.text ?? '', permission }))
  const quota = Object.fromEntries(Object.entries(plan.quota ?? {}).filter(([, limit]) => limit !== undefined))
  const statements = (now: number): readonly Statement[] => [
    insertAccount({ id, name: plan.name ?? 'Example account', enabled: true, certificateQuota: 50 }, now),
    ...(plan.quota === undefined ? [] : [setQuotas(id, quota)]),
    ...zones.map((zone) => insertZone({ id: zone.id, accountId: id, domain: zone.name, enabled: true }, now)),
    ...plan.tokens.flatMap(({ name, permission }, i) =>
      credential(
        tokens[i]?.id ?? '',
        name ?? 'seed',
        secrets[i] ?? { text: '', sha256: '' },
        [{ scope: { kind: 'accounts', id }, permission }],
        now,
      ),
    ),
  ]
  return { id, zones, tokens, plan, statements }
}

/** It is as old as its database, and has no other end. */
function credential(id: string, name: string, { sha256 }: Secret, grants: readonly NewGrant[], now: number) {
  const fields = {
    id,
    kind: 'token',
    name,
    email: null,
    secretSha256: sha256,
    notBefore: null,
    expiresOn: null,
  } as const
  return insertCredential(fields, grants, now)
}

/** The API, for one account of a seed. */
class SeedApi {
  readonly #filling: Filling
  readonly #token: string
  readonly #pointer: string

  constructor(filling: Filling, token: string, pointer: string) {
    this.#filling = filling
    this.#token = token
    this.#pointer = pointer
  }

  async send(method: 'POST' | 'PUT', path: string, body: object, pointer: string) {
    const answer = await fetch(`${this.#filling.origin}/client/v4/${path}`, {
      method,
      headers: {
        ...this.#filling.header,
        authorization: `Bearer ${this.#token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    const { result, errors } = (await answer.json()) as {
      readonly result: { readonly id: string; readonly name: string }
      readonly errors: readonly { readonly code: number; readonly message: string }[]
    }
    if (answer.ok) return result
    const words = errors.map(({ code, message }) => `${code} ${message}`).join('; ')
    throw new SeedError(`${this.#pointer}${pointer}`, `is refused by the API: ${words}`)
  }
}
