import { disableCredential, insertCredential, type NewGrant } from '../../src/store/provisioning.ts'
import { COMMON, type Command, type DatabaseOptions, now, type Output, target, write } from './admin-command.ts'
import { displayName, emailAddress, hexId, moment, oneOf, readArguments } from './arguments.ts'
import { newId, newKey, newToken, type Secret } from './secrets.ts'
import { UsageError } from './usage-error.ts'

const CREDENTIAL = {
  ...COMMON,
  account: { type: 'string', multiple: true },
  zone: { type: 'string', multiple: true },
  permission: { type: 'string' },
  name: { type: 'string' },
  'not-before': { type: 'string' },
  'expires-on': { type: 'string' },
} as const

/** `token create` */
export async function tokenCreate(args: readonly string[]): Promise<Output> {
  const { values } = readArguments(args, CREDENTIAL)
  const token = await newToken()
  const id = await create('token', token, null, values)
  return {
    object: { id, token: token.text },
    text: `token id ${id}\ntoken    ${token.text}\n(shown once: only its SHA-256 is stored)`,
  }
}

/** `key create` */
export async function keyCreate(args: readonly string[]): Promise<Output> {
  const { values } = readArguments(args, { ...CREDENTIAL, email: { type: 'string' } })
  const email = emailAddress(values.email)
  const key = await newKey()
  const id = await create('key', key, email, values)
  return {
    object: { id, email, key: key.text },
    text: `key id ${id}\nemail  ${email}\nkey    ${key.text}\n(shown once: only its SHA-256 is stored)`,
  }
}

interface CredentialOptions extends DatabaseOptions {
  readonly account?: string[]
  readonly zone?: string[]
  readonly permission?: string
  readonly name?: string
  readonly 'not-before'?: string
  readonly 'expires-on'?: string
}

/** Stores a credential with its grants; returns its id. */
async function create(
  kind: 'token' | 'key',
  secret: Secret,
  email: string | null,
  values: CredentialOptions,
): Promise<string> {
  const permission = oneOf('--permission', values.permission ?? 'write', ['read', 'write'])
  const grants: NewGrant[] = [
    ...[...new Set(values.account)].map((id) => grant('accounts', hexId('--account', id), permission)),
    ...[...new Set(values.zone)].map((id) => grant('zones', hexId('--zone', id), permission)),
  ]
  if (grants.length === 0) throw new UsageError(`${kind} create needs --account ID or --zone ID, at least one`)
  const credential = {
    id: newId(),
    kind,
    name: displayName('--name', values.name ?? `${kind} made by npm run admin`),
    email,
    secretSha256: secret.sha256,
    notBefore: moment('--not-before', values['not-before']),
    expiresOn: moment('--expires-on', values['expires-on']),
  }
  await write(target(values), insertCredential(credential, grants, now()))
  return credential.id
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
