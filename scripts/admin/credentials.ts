import { rfc3339 } from '../../src/core/rfc3339.ts'
import {
  recordCredential,
  recordCredentialDeletion,
  recordRotation,
  recordStatus,
} from '../../src/store/operator-changes.ts'
import {
  deleteCredential,
  insertCredential,
  type NewGrant,
  rotateCredential,
  selectExpiry,
  setCredentialStatus,
} from '../../src/store/provisioning.ts'
import { displayName, emailAddress, hexId, moment, oneOf, readArguments } from '../cli/arguments.ts'
import { newId, newKey, newToken, type Secret, yearAfter } from '../cli/secrets.ts'
import { UsageError } from '../cli/usage-error.ts'
import {
  COMMON,
  type Command,
  type DatabaseOptions,
  now,
  type Output,
  operator,
  readIdentified,
  target,
  write,
} from './command.ts'

const CREDENTIAL = {
  ...COMMON,
  account: { type: 'string', multiple: true },
  zone: { type: 'string', multiple: true },
  permission: { type: 'string' },
  name: { type: 'string' },
  'not-before': { type: 'string' },
  expires: { type: 'string' },
  'expires-on': { type: 'string' },
} as const

/** `token create` */
export async function tokenCreate(args: readonly string[]): Promise<Output> {
  const { values } = readArguments(args, CREDENTIAL)
  const token = await newToken()
  const created = await create('token', token, null, values)
  return shownOnce({ ...created, token: token.text })
}

/** `key create` */
export async function keyCreate(args: readonly string[]): Promise<Output> {
  const { values } = readArguments(args, { ...CREDENTIAL, email: { type: 'string' } })
  const email = emailAddress(values.email)
  const key = await newKey()
  const created = await create('key', key, email, values)
  return shownOnce({ ...created, email, key: key.text })
}

/** A credential with its secret, for its owner's eyes, once. */
function shownOnce({ expires_on, ...said }: Readonly<Record<string, string | null>>): Output {
  const lines = Object.entries({ ...said, expires: expires_on ?? 'never' })
  const text = lines.map(([name, value]) => `${name.padEnd(11)}${value}`).join('\n')
  return { object: { ...said, expires_on }, text: `${text}\n(shown once: only its SHA-256 is stored)` }
}

interface CredentialOptions extends DatabaseOptions, ExpiryOptions {
  readonly account?: string[]
  readonly zone?: string[]
  readonly permission?: string
  readonly name?: string
  readonly 'not-before'?: string
}

interface ExpiryOptions {
  readonly expires?: string
  readonly 'expires-on'?: string
}

/** Stores a credential with its grants; returns its id and what it was given. */
async function create(kind: 'token' | 'key', secret: Secret, email: string | null, values: CredentialOptions) {
  const permission = oneOf('--permission', values.permission ?? 'read', ['read', 'write'])
  const grants: NewGrant[] = [
    ...[...new Set(values.account)].map((id) => grant('accounts', hexId('--account', id), permission)),
    ...[...new Set(values.zone)].map((id) => grant('zones', hexId('--zone', id), permission)),
  ]
  if (grants.length === 0) throw new UsageError(`${kind} create needs --account ID or --zone ID, at least one`)
  const created = now()
  const notBefore = moment('--not-before', values['not-before'])
  const said = expiry(values)
  const credential = {
    id: newId(),
    kind,
    name: displayName('--name', values.name ?? `${kind} made by npm run admin`),
    email,
    secretSha256: secret.sha256,
    notBefore,
    expiresOn: said === undefined ? yearAfter(notBefore ?? created) : said,
  }
  await write(target(values), [
    ...insertCredential(credential, grants, created),
    recordCredential(operator(), credential.id, kind),
  ])
  const { id, expiresOn } = credential
  return { id, permission, expires_on: expiresOn === null ? null : rfc3339(expiresOn) }
}

/** When a credential expires, in Unix seconds; null for never; undefined where nothing was said. */
function expiry({ expires, 'expires-on': expiresOn }: ExpiryOptions): number | null | undefined {
  if (expires !== undefined && expiresOn !== undefined) {
    throw new UsageError('--expires and --expires-on are the same option; give one of them')
  }
  const said = expires ?? expiresOn
  if (said === undefined) return undefined
  return said === 'never' ? null : moment('--expires', said, ', or never')
}

function grant(kind: 'accounts' | 'zones', id: string, permission: 'read' | 'write'): NewGrant {
  return { scope: { kind, id }, permission }
}

/** `token enable`, `key disable` and the like */
export function setStatus(kind: 'token' | 'key', status: 'active' | 'disabled'): Command {
  const verb = status === 'active' ? 'enable' : 'disable'
  return async (args) => {
    const { values, id } = readIdentified(`${kind} ${verb}`, args, {})
    const [, [row] = []] = await write(target(values), [
      recordStatus(operator(), id, kind, status),
      setCredentialStatus(id, kind, status),
    ])
    if (row === undefined) throw unknown(kind, id)
    const over = expired(row['expires_on'])
    const note =
      status === 'active' && over !== undefined
        ? `, but it expired at ${over}: "${kind} rotate ID --expires TIME|never" renews it`
        : ''
    return { object: { id, status }, text: `${kind} ${id} is ${verb}d${note}` }
  }
}

/** `token delete` or `key delete`. Nothing hangs on a credential; its grants are part of it. */
export function deleteOne(kind: 'token' | 'key'): Command {
  return async (args) => {
    const { values, id } = readIdentified(`${kind} delete`, args, {})
    const [, rows = []] = await write(target(values), [
      recordCredentialDeletion(operator(), id, kind),
      deleteCredential(id, kind),
    ])
    if (rows.length === 0) throw unknown(kind, id)
    return { object: { id, deleted: true }, text: `${kind} ${id} is deleted` }
  }
}

/** `token rotate` or `key rotate`: another secret for the same id and grants. The old one is void at once. */
export function rotate(kind: 'token' | 'key'): Command {
  return async (args) => {
    const options = { expires: { type: 'string' }, 'expires-on': { type: 'string' } } as const
    const { values, id } = readIdentified(`${kind} rotate`, args, options)
    const secret = kind === 'token' ? await newToken() : await newKey()
    const expiresOn = expiry(values)
    const [[before] = [], [row] = []] = await write(target(values), [
      selectExpiry(id, kind),
      rotateCredential(id, kind, secret.sha256, expiresOn, now()),
      recordRotation(operator(), id, kind, secret.sha256),
    ])
    if (before === undefined) throw unknown(kind, id)
    if (row === undefined) {
      throw new UsageError(`${kind} ${id} expired at ${expired(before['expires_on'])}; --expires TIME|never renews it`)
    }
    const { email, status, expires_on } = row
    return shownOnce({
      id,
      ...(status !== 'active' && { status: String(status) }),
      expires_on: typeof expires_on === 'number' ? rfc3339(expires_on) : null,
      ...(typeof email === 'string' && { email }),
      [kind]: secret.text,
    })
  }
}

/** When a time in the database was, if it is over. */
function expired(seconds: unknown): string | undefined {
  return typeof seconds === 'number' && seconds <= now() ? rfc3339(seconds) : undefined
}

function unknown(kind: 'token' | 'key', id: string): UsageError {
  return new UsageError(`no ${kind} with id ${id}; "${kind} list" shows them`)
}
