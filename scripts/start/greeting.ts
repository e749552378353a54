import { isLoopback } from '../cli/port.ts'
import { makeDemoRoot } from './demo-root.ts'
import type { Tenant } from './first-run.ts'
import type { Gateway } from './gateway.ts'
import type { Parts } from './parts.ts'
import type { Planted } from './seed.ts'
import type { Service } from './service.ts'

/** What the database has: made by this run, or by earlier ones. */
export type Filled =
  | { readonly kind: 'new'; readonly tenant: Tenant }
  | { readonly kind: 'seeded'; readonly planted: Planted }
  | {
      readonly kind: 'kept'
      readonly accounts: number
      /** The oldest, and one of its zones. */
      readonly account: string
      readonly zone: string | null
      /** Whether a seed was given, which only fills an empty database. */
      readonly seedUnused: boolean
    }

/** All that is to be said once everything answers. */
export interface Facts {
  readonly host: string
  readonly service: Service
  readonly gateway: Gateway | undefined
  readonly filled: Filled
  readonly parts: Parts
}

/** What programs are told with --json. What is not known, such as a token of an earlier run, is null. */
export function summary({ service, gateway, filled }: Facts): object {
  const where = { url: service.origin }
  const tls = gateway === undefined ? {} : { gateway: { url: gateway.url, ca: gateway.ca } }
  if (filled.kind === 'new') {
    const { account, zone, token } = filled.tenant
    return { ...where, account, zone, token, ...tls }
  }
  if (filled.kind === 'kept') return { ...where, account: filled.account, zone: filled.zone, token: null, ...tls }
  const { accounts } = filled.planted
  const [first] = accounts
  const zone = first?.zones[0]?.id ?? null
  const token = first?.tokens.find(({ permission }) => permission === 'write') ?? first?.tokens[0]
  return { ...where, account: first?.id ?? null, zone, token: token?.token ?? null, accounts, ...tls }
}

export async function greeting(facts: Facts): Promise<string> {
  const { service, gateway } = facts
  const where = `access-mtls answers on ${service.origin}/client/v4`
  const blocks = [
    where,
    ...warnings(facts),
    ...(gateway === undefined ? [] : [gatewayWords(gateway)]),
    await database(facts),
  ]
  return ['', ...blocks, ''].join('\n\n').trimEnd()
}

/** What others can see and do who reach what is open. */
export function warnings({ host, service, filled }: Facts): readonly string[] {
  return [
    ...(isLoopback(host) ? [] : [exposure(host, new URL(service.origin).port)]),
    ...(service.inspectorPort === undefined ? [] : [inspection(service.inspectorPort)]),
    ...(filled.kind === 'kept' && filled.seedUnused
      ? ['WARNING: the database has accounts already, so the seed was not used.']
      : []),
  ]
}

function exposure(host: string, port: string): string {
  const where = host === '0.0.0.0' || host === '::' ? 'every address of this machine' : host
  return `WARNING: port ${port} is open on ${where}, to all who can reach it. There is no TLS: tokens and
keys can be read on the way, and who has one decides which CAs are trusted. The first run's token is in this log.
Keep the port inside a container or a network of your own.`
}

/** What anyone who reaches the inspector can do. */
function inspection(port: number): string {
  return `WARNING: the inspector is open on 127.0.0.1, port ${port}, to every program on this machine: through it
they read the tokens of all requests, and change what the service does. For Chrome's chrome://inspect.`
}

function gatewayWords({ url, caFile }: Gateway): string {
  const { port } = new URL(url)
  return `The gateway answers on ${url}, with a certificate for any name that a client asks for:
  curl --resolve admin.example.com:${port}:127.0.0.1 --cacert ${caFile} --cert client.pem --key client.key https://admin.example.com:${port}/`
}

async function database({ service, filled, parts }: Facts): Promise<string> {
  if (filled.kind === 'kept') {
    return `The database has ${filled.accounts} account(s) from earlier runs. Tokens are shown once;
${parts.moreTokens(filled.account)}`
  }
  if (filled.kind === 'seeded') {
    return filled.planted.accounts
      .map(
        ({ id, zones, tokens, certificates }) => `From the seed:
  account  ${id}
${zones.map((zone) => `  zone     ${zone.id} (${zone.name})\n`).join('')}${tokens
  .map(({ token, permission }) => `  token    ${token} (${permission})\n`)
  .join('')}  ${certificates.length} certificate(s)`,
      )
      .join('\n\n')
  }
  const { account, zone, domain, token } = filled.tenant
  return `First run. Made for you, in the local database:
  account  ${account}
  zone     ${zone} (${domain})
  token    ${token} (shown once; it expires in a year)

Register a root CA for admin.${domain}; paste this into another terminal
(the certificate is an example made just now, put your own in its place):

${curlCommand(service.origin, account, token, await makeDemoRoot(new Date()))}`
}

function curlCommand(origin: string, accountId: string, token: string, pem: string): string {
  // JSON of these fields has no single quote, so it can stand between two of them in any shell.
  const body = JSON.stringify({ name: 'Example root', certificate: pem, associated_hostnames: ['admin.example.com'] })
  return `curl ${origin}/client/v4/accounts/${accountId}/access/certificates \\
  -H 'Authorization: Bearer ${token}' \\
  -H 'Content-Type: application/json' \\
  -d '${body}'`
}
