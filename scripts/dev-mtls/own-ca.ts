import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { insertZone, selectAccounts, selectZones } from '../../src/store/provisioning.ts'
import { decodeCertificates } from '../../src/x509/text/index.ts'
import { ApiClient, ApiRefusal } from '../cli/api-client.ts'
import { readCertificates } from '../cli/file.ts'
import { whenToldToEnd } from '../cli/lifetime.ts'
import { printable } from '../cli/printable.ts'
import { newId } from '../cli/secrets.ts'
import { UsageError } from '../cli/usage-error.ts'
import { startGateway } from '../start/gateway.ts'
import { repositoryParts } from '../start/repository-parts.ts'
import { startService } from '../start/service.ts'
import type { Execute } from '../workerd/sql-client.ts'
import { shownPath } from './greeting.ts'
import { keepTenant, type Tenant, tenantStatements } from './tenant.ts'

/** A CA and a hostname of the user's, in place of what is made. */
export interface OwnCa {
  /** The file, as the user wrote it. */
  readonly file: string
  /** In A-label form. */
  readonly hostname: string
  /** Where requests go on to; undefined: a Worker that answers what it was sent. */
  readonly origin: URL | undefined
}

export interface OwnOptions {
  readonly host: string
  readonly port: number
  readonly apiPort: number
  readonly out: string
}

/** The name of the record. One of an earlier run with another file is removed. */
const NAME = 'dev:mtls --ca'

/** Serves the API, the gateway and a TLS server before it, with the user's CA registered at the hostname. Ends when told to. */
export async function serveOwnCa({ host, port, apiPort, out }: OwnOptions, own: OwnCa): Promise<void> {
  const certificate = readCertificates(own.file)
  const now = Math.floor(Date.now() / 1_000)
  const persistTo = join(out, 'state')
  mkdirSync(persistTo, { recursive: true, mode: 0o700 })
  const tenant = await keepTenant(join(persistTo, 'tenant.json'))
  let greeted = false
  const log = (line: string) => greeted && console.log(line)
  const service = await startService(repositoryParts(), {
    host,
    port: apiPort,
    persistTo,
    gateway: { origin: own.origin },
    log,
    onEnd: () => log('workerd ended by itself'),
    prepare: ({ execute }) => provision(execute, tenant, own.hostname, now),
  })
  try {
    if (service.entry === undefined) throw new Error('the gateway was not started')
    const id = await register(new ApiClient(service.origin, tenant.token), tenant, own, certificate)
    const gateway = await startGateway({ host, port, entry: service.entry, folder: out })
    try {
      const ended = new Promise<void>((resolve) => whenToldToEnd(resolve))
      console.log(greeting({ host, port, own, id, tenant, server: service.origin, caFile: gateway.caFile }))
      greeted = true
      await ended
    } finally {
      await gateway.stop()
    }
  } finally {
    await service.stop()
  }
}

/** Puts what is missing into the database: the tenant, and a zone that has the hostname. */
async function provision(execute: Execute, tenant: Tenant, hostname: string, now: number): Promise<void> {
  const [accounts = [], zones = []] = await execute([selectAccounts(), selectZones()])
  const hasTenant = accounts.some(({ id }) => id === tenant.accountId)
  const hasZone = zones.some(({ domain }) => domain === hostname)
  const zone = { id: newId(), accountId: tenant.accountId, domain: hostname, enabled: true }
  const statements = [...(hasTenant ? [] : tenantStatements(tenant, now)), ...(hasZone ? [] : [insertZone(zone, now)])]
  if (statements.length > 0) await execute(statements)
}

interface Registered {
  readonly id: string
  readonly name: string
  readonly associated_hostnames: readonly string[]
  readonly certificates: readonly { readonly fingerprint_sha256: string }[]
}

/** Registers the CA at the hostname, or takes over the record of an earlier run, with its CRLs. Returns the id of the record. */
async function register(api: ApiClient, { accountId }: Tenant, own: OwnCa, certificate: string): Promise<string> {
  const [access, edge] = [`/client/v4/accounts/${accountId}/access/certificates`, `/edge/v1/accounts/${accountId}`]
  const body = { name: NAME, certificate, associated_hostnames: [own.hostname] }
  try {
    const records = (await api.all<Registered>(`${edge}/certificates`)).filter(({ name }) => name === NAME)
    const kept = records.find((record) => hasCertificates(record, certificate))
    if (kept !== undefined) await api.send('PUT', `${access}/${kept.id}`, { associated_hostnames: [own.hostname] })
    const id = kept?.id ?? (await api.send<Registered>('POST', access, body)).result.id
    for (const old of records.filter((record) => record.id !== id)) {
      await api.send('PUT', `${access}/${old.id}`, {})
      await api.send('DELETE', `${access}/${old.id}`)
    }
    const settings = [{ hostname: own.hostname, client_certificate_forwarding: true }]
    await api.send('PUT', `${access}/settings`, { settings })
    return id
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
    throw new UsageError(`--ca ${own.file} is refused by the API: ${printable(error.message)}`)
  }
}

function hasCertificates({ certificates }: Registered, text: string): boolean {
  const read = decodeCertificates(text)
  const given = read.ok ? read.value.blocks.map((der) => createHash('sha256').update(der).digest('hex')) : []
  return given.join() === certificates.map(({ fingerprint_sha256 }) => fingerprint_sha256).join()
}

interface Greeting {
  readonly host: string
  readonly port: number
  readonly own: OwnCa
  readonly id: string
  readonly tenant: Tenant
  readonly server: string
  /** Of the CA that issues the certificate of the TLS server. */
  readonly caFile: string
}

function greeting({ host, port, own, id, tenant, server, caFile }: Greeting): string {
  const { hostname, origin } = own
  const admin = `ACCESS_MTLS_TOKEN=${tenant.token} npm run admin -- --server ${server}`
  const onward = origin === undefined ? 'are answered with what the origin was sent' : `go on to ${origin.origin}`
  return `
${hostname} is protected on https://${host}:${port}: clients of the CA in ${printable(basename(own.file))} get in. Their requests ${onward}.

# with a certificate of yours
curl --resolve ${hostname}:${port}:${host} --cacert ${shownPath(caFile)} --cert client.pem --key client.key https://${hostname}:${port}/

The API is on ${server}/client/v4, with the account ${tenant.accountId} and the token ${tenant.token}
It has the CA as ${id}. What you change there counts here within 10 seconds:

# which clients of a folder get in, and why others do not
${admin} check DIR --hostname ${hostname}

# upload the CA's CRL
${admin} crl push FILE

Ctrl-C ends it.
`
}
