import { ApiClient, ApiRefusal } from '../cli/api-client.ts'
import { hexId, httpOrigin } from '../cli/arguments.ts'
import { printable } from '../cli/printable.ts'
import { UsageError } from '../cli/usage-error.ts'
import type { Command, Output } from './command.ts'

/** Options of the commands that speak to a running service, as any other client of its API does. */
export const SERVER_OPTIONS = {
  server: { type: 'string' },
  token: { type: 'string' },
  account: { type: 'string' },
  zone: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Where `npm start` listens unless told otherwise. */
const DEFAULT_SERVER = 'http://127.0.0.1:8787'

/** What the options say of the service. */
export interface ServerValues {
  readonly server?: string
  readonly token?: string
  readonly account?: string
  readonly zone?: string
}

/** The API of a running service, in one account or zone. */
export interface Connection {
  readonly api: ApiClient
  /** Cloudflare's part of the API for the scope: `/client/v4/accounts/ID/access`. */
  readonly access: string
  /** What this API has besides: `/edge/v1/accounts/ID`. */
  readonly edge: string
}

/** Finds the service, and the account or zone: the one that is named, or the only one that the token may see. */
export async function connect(values: ServerValues): Promise<Connection> {
  const api = new ApiClient(httpOrigin('--server', values.server ?? DEFAULT_SERVER).origin, tokenOf(values))
  const scope = scopeOf(values) ?? (await onlyScope(api))
  return { api, access: `/client/v4/${scope}/access`, edge: `/edge/v1/${scope}` }
}

function tokenOf({ token = process.env['ACCESS_MTLS_TOKEN'] }: ServerValues): string {
  if (token === undefined || token === '') {
    throw new UsageError(
      'set ACCESS_MTLS_TOKEN to a token, or give --token: the first npm start prints one, "token create" makes more',
    )
  }
  // A header holds no other characters.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError('the token has characters that no token has')
  return token
}

function scopeOf({ account, zone }: ServerValues): string | undefined {
  if (account !== undefined && zone !== undefined) throw new UsageError('--account and --zone exclude each other')
  if (account !== undefined) return `accounts/${hexId('--account', account)}`
  return zone === undefined ? undefined : `zones/${hexId('--zone', zone)}`
}

interface Named {
  readonly id: string
  readonly name: string
}

async function onlyScope(api: ApiClient): Promise<string> {
  for (const kind of ['accounts', 'zones'] as const) {
    const { result } = await api.send<readonly Named[]>('GET', `/client/v4/${kind}`)
    const [first, ...others] = result
    if (first === undefined) continue
    if (others.length === 0) return `${kind}/${first.id}`
    const option = kind === 'accounts' ? '--account' : '--zone'
    const all = result.map(({ id, name }) => `\n  ${option} ${id}  ${printable(name)}`).join('')
    throw new UsageError(`the token may see several ${kind}; name one:${all}`)
  }
  throw new UsageError('the token may see no account and no zone')
}

/** A command whose refusals by the API are its answer: in the API's words, with exit code 1. */
export function refusable(command: Command): Command {
  return async (args): Promise<Output> => {
    try {
      return await command(args)
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error
      process.exitCode = 1
      const lines = error.errors.map(({ code, message }) => `refused: ${code} ${printable(message)}`)
      return { object: { refused: { status: error.status, errors: error.errors } }, text: lines.join('\n') }
    }
  }
}
