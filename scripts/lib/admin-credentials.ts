import { disableCredential, insertCredential, type NewGrant } from '../../src/store/provisioning.ts'
import {
  COMMON,
  type Command,
  type DatabaseOptions,
  now,
  type Output,
  rfc3339,
  target,
  write,
} from './admin-command.ts'
import { displayName, emailAddress, hexId, moment, oneOf, readArguments } from './arguments.ts'
import { newId, newKey, newToken, type Secret, yearAfter } from './secrets.ts'
import { UsageError } from './usage-error.ts'

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
  await write(target(values), insertCredential(credential, grants, created))
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

/** `token disable` or `key disable` */
export function disable(kind: 'token' | 'key'): Command {
  return async (args) => {
    const { values, positionals } = readArguments(args, { ...COMMON, id: { type: 'string' } }, 1)
    const id = hexId(`${kind} disable`, values.id ?? positionals[0] ?? '')
    const [rows] = await write(target(values), [disableCredential(id, kind)])
    if (rows?.length !== 1) throw new UsageError(`no ${kind} with id ${id}; "${kind} list" shows them`)
    return { object: { id, status: 'disabled' }, text: `${kind} ${id} is disabled` }
  }
}
