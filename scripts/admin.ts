/** `npm run admin -- …`: accounts, zones and credentials of a local or a remote database. */
import {
  disableCredential,
  insertAccount,
  insertCredential,
  insertZone,
  type NewGrant,
  selectAccounts,
  selectCredentials,
  selectZones,
} from '../src/store/provisioning.ts'
import {
  displayName,
  domainName,
  emailAddress,
  folder,
  hexId,
  moment,
  oneOf,
  readArguments,
  wholeNumber,
} from './lib/arguments.ts'
import { DatabaseError, execute, type Rows, type Target } from './lib/database.ts'
import { newId, newKey, newToken, type Secret } from './lib/secrets.ts'
import { runMain, UsageError } from './lib/usage-error.ts'

const HELP = `npm run admin -- <command> [options]

  account add --name NAME [--quota N] [--disabled] [--id HEX]
  account list
  zone add --account ID --domain DOMAIN [--disabled] [--id HEX]
  zone list
  token create --account ID | --zone ID [--permission read|write] [--name NAME]
               [--not-before TIME] [--expires-on TIME]
  token disable ID
  token list
  key create --email EMAIL --account ID | --zone ID [--permission read|write] [--name NAME]
             [--not-before TIME] [--expires-on TIME]
  key disable ID
  key list

--account and --zone may be given several times; a grant on an account covers its zones.
--permission is write unless given; write includes read. --quota is 50 unless given.
TIME is RFC 3339, such as 2027-01-31T00:00:00Z. ID and HEX are 32 lower-case hex digits.

Which database:
  --persist-to DIR   the local one in this folder (default .wrangler/state, as npm start);
                     works beside a running server
  --remote           the deployed one, with wrangler's login
Output:
  --json             one JSON object
  --help             this text

Tokens and keys are shown once: only their SHA-256 is stored.`

const COMMON = {
  'persist-to': { type: 'string' },
  remote: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const CREDENTIAL = {
  ...COMMON,
  account: { type: 'string', multiple: true },
  zone: { type: 'string', multiple: true },
  permission: { type: 'string' },
  name: { type: 'string' },
  'not-before': { type: 'string' },
  'expires-on': { type: 'string' },
} as const

/** What a command prints: an object for --json, and lines for people. */
interface Output {
  readonly object: Readonly<Record<string, unknown>>
  readonly text: string
}

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<Output>>> = {
  'account add': accountAdd,
  'account list': (args) => list(args, 'accounts', selectAccounts()),
  'zone add': zoneAdd,
  'zone list': (args) => list(args, 'zones', selectZones()),
  'token create': tokenCreate,
  'token disable': (args) => disable(args, 'token'),
  'token list': (args) => list(args, 'tokens', selectCredentials('token')),
  'key create': keyCreate,
  'key disable': (args) => disable(args, 'key'),
  'key list': (args) => list(args, 'keys', selectCredentials('key')),
}

async function accountAdd(args: readonly string[]): Promise<Output> {
  const { values, positionals } = readArguments(
    args,
    {
      ...COMMON,
      name: { type: 'string' },
      quota: { type: 'string' },
      disabled: { type: 'boolean' },
      id: { type: 'string' },
    },
    1,
  )
  const account = {
    id: values.id === undefined ? newId() : hexId('--id', values.id),
    name: displayName('--name', values.name ?? positionals[0] ?? ''),
    enabled: values.disabled !== true,
    certificateQuota: values.quota === undefined ? 50 : wholeNumber('--quota', values.quota, 0, 1_000_000),
  }
  await write(target(values), [insertAccount(account, now())])
  return {
    object: { id: account.id, name: account.name, enabled: account.enabled, quota: account.certificateQuota },
    text: `account ${account.id}`,
  }
}

async function zoneAdd(args: readonly string[]): Promise<Output> {
  const { values, positionals } = readArguments(
    args,
    {
      ...COMMON,
      account: { type: 'string' },
      domain: { type: 'string' },
      disabled: { type: 'boolean' },
      id: { type: 'string' },
    },
    1,
  )
  if (values.account === undefined) throw new UsageError('zone add needs --account ID')
  const zone = {
    id: values.id === undefined ? newId() : hexId('--id', values.id),
    accountId: hexId('--account', values.account),
    domain: domainName(values.domain ?? positionals[0] ?? ''),
    enabled: values.disabled !== true,
  }
  await write(target(values), [insertZone(zone, now())])
  return {
    object: { id: zone.id, account_id: zone.accountId, domain: zone.domain, enabled: zone.enabled },
    text: `zone ${zone.id} (${zone.domain})`,
  }
}

async function tokenCreate(args: readonly string[]): Promise<Output> {
  const { values } = readArguments(args, CREDENTIAL)
  const token = await newToken()
  const id = await create('token', token, null, values)
  return {
    object: { id, token: token.text },
    text: `token id ${id}\ntoken    ${token.text}\n(shown once: only its SHA-256 is stored)`,
  }
}

async function keyCreate(args: readonly string[]): Promise<Output> {
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

async function disable(args: readonly string[], kind: 'token' | 'key'): Promise<Output> {
  const { values, positionals } = readArguments(args, { ...COMMON, id: { type: 'string' } }, 1)
  const id = hexId(`${kind} disable`, values.id ?? positionals[0] ?? '')
  const [rows] = await execute(target(values), [disableCredential(id, kind)])
  if (rows?.length !== 1) throw new UsageError(`no ${kind} with id ${id}; "${kind} list" shows them`)
  return { object: { id, status: 'disabled' }, text: `${kind} ${id} is disabled` }
}

async function list(args: readonly string[], name: string, statement: ReturnType<typeof selectAccounts>) {
  const { values } = readArguments(args, COMMON)
  const [rows = []] = await execute(target(values), [statement])
  const objects = rows.map(presentable)
  const lines = objects.map((row) =>
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('  '),
  )
  return { object: { [name]: objects }, text: lines.length === 0 ? `no ${name}` : lines.join('\n') }
}

/** Times as RFC 3339, conditions as booleans, JSON columns opened. */
function presentable(row: Rows[number]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => {
      if (key === 'enabled') return [key, value === 1]
      if (key === 'grants' && typeof value === 'string') return [key, JSON.parse(value)]
      const isTime = /_at$|^not_before$|^expires_on$/.test(key) && typeof value === 'number'
      return [key, isTime ? new Date(value * 1000).toISOString().replace('.000Z', 'Z') : value]
    }),
  )
}

interface DatabaseOptions {
  readonly 'persist-to'?: string
  readonly remote?: boolean
}

function target(values: DatabaseOptions): Target {
  if (values.remote !== true) return { kind: 'local', persistTo: folder(values['persist-to']) }
  if (values['persist-to'] !== undefined) throw new UsageError('--remote and --persist-to exclude each other')
  return { kind: 'remote' }
}

/** Runs inserts; turns what the tables refuse into what the user can do about it. */
async function write(database: Target, statements: Parameters<typeof execute>[1]): Promise<void> {
  try {
    await execute(database, statements)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const known = REFUSED.find(([pattern]) => pattern.test(error.text))
    throw known === undefined ? error : new UsageError(known[1])
  }
}

const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/UNIQUE constraint failed: zones\.domain/, 'this domain is a zone already; a domain is one zone’s, everywhere'],
  [/UNIQUE constraint failed: \w+\.id/, 'this id is taken; leave --id out and one is made'],
  [/FOREIGN KEY constraint failed/, 'no account or zone with that id; "account list" and "zone list" show them'],
]

/** Unix seconds, UTC. */
function now(): number {
  return Math.floor(Date.now() / 1000)
}

await runMain(async () => {
  const [noun = '', verb = '', ...rest] = process.argv.slice(2)
  if (process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h') || noun === '') {
    console.log(HELP)
    if (noun === '') process.exitCode = 2
    return
  }
  const command = COMMANDS[`${noun} ${verb}`]
  if (command === undefined) {
    throw new UsageError(`no command "${`${noun} ${verb}`.trim()}"; commands: ${Object.keys(COMMANDS).join(', ')}`)
  }
  const { object, text } = await command(rest)
  console.log(rest.includes('--json') ? JSON.stringify(object) : text)
})
