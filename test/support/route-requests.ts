import { expect } from 'vitest'
import { ROUTES } from '../../src/api/routes.ts'
import { LOOKUPS } from '../../src/registry/lookups/api.ts'
import { SCOPE, SCOPE_ID } from '../../src/web/operation.ts'
import type { CrlTenant } from './crl.ts'
import { add, get, put } from './family.ts'
import { soundBody } from './requests.ts'
import { issueCrl } from './x509/make-crl.ts'

/** A request that a route carries out for whoever may. */
export interface RouteRequest {
  readonly method: string
  readonly path: string
  /** Content-Type. */
  readonly type: string
  readonly body: BodyInit | undefined
}

/** What a request needs besides a tenant: what it deletes or takes back is made for it. */
interface Row {
  /** JSON, or the body as it is. */
  readonly body?: (tenant: CrlTenant) => object | Promise<Uint8Array<ArrayBuffer>>
  /** Texts of the path's parameters, by name. */
  readonly params?: (tenant: CrlTenant) => Promise<Readonly<Record<string, string>>>
}

let crls = 0

/** A CRL that is newer than those before. */
function nextCrl({ ca }: CrlTenant) {
  crls += 1
  return issueCrl(ca, { number: crls })
}

/** Blocks a serial number, so that it can be unblocked. */
async function blocked(tenant: CrlTenant): Promise<Readonly<Record<string, string>>> {
  expect((await put(`${tenant.edge}/blocked_serials/0c`, tenant.authorization, '')).status).toBe(200)
  return { serial: '0c' }
}

/** Renames the record, so that this can be taken back. */
async function renamed(tenant: CrlTenant): Promise<Readonly<Record<string, string>>> {
  const { record, authorization, domain } = tenant
  expect((await put(record, authorization, { name: 'renamed', associated_hostnames: [domain] })).status).toBe(200)
  return { change_id: await newestChange(tenant) }
}

async function newestChange({ edge, authorization }: CrlTenant): Promise<string> {
  const list = await get(`${edge.replace(/\/certificates\/.*/, '/changes')}?per_page=1`, authorization)
  return String(JSON.parse(list.text).result[0].id)
}

/** A row for each route, by its summary. */
const ROWS: Readonly<Record<string, Row>> = {
  'List all mTLS hostname settings': {},
  'Update mTLS hostname settings': {
    body: ({ domain }) => ({ settings: [{ hostname: domain, client_certificate_forwarding: true }] }),
  },
  'List mTLS certificates': {},
  'Add an mTLS certificate': { body: () => soundBody() },
  'Get an mTLS certificate': {},
  'Update an mTLS certificate': { body: ({ domain }) => ({ name: 'new', associated_hostnames: [domain] }) },
  'Delete an mTLS certificate': {
    params: async ({ record, authorization }) => ({
      certificate_id: (await add(record.replace(/\/[^/]*$/, ''), authorization)).id,
    }),
  },
  'Verify a token': {},
  'Verify a token of an account': {},
  'Decide on a client certificate': {
    body: ({ domain }) => ({ hostname: domain, certificate: soundBody()['certificate'] }),
  },
  'Get the quotas of the account': {},
  'List hostnames with a mode or identity rules': {},
  'Get the mode and identity rules of a hostname, and its state': {},
  'Set the mode and identity rules of a hostname': {
    body: () => ({ mode: 'report', identities: [{ common_name: 'client', organization: 'a' }] }),
  },
  'List accounts': {},
  'List zones': {},
  'Get an account': {},
  'Get a zone': {},
  'Get the user': {},
  'List certificates with their facts': {},
  'Get a certificate with its facts, or as PEM': {},
  'List the clients seen at a hostname': {},
  'List the CRLs of a certificate': {},
  'Upload CRLs': { body: nextCrl },
  'Delete the CRLs of a certificate': {},
  'Get how the fetching of CRLs stands': {},
  'List what expires next': {},
  'Get what expires next as a calendar': {},
  'List changes': {},
  'Get a change': { params: async (tenant) => ({ change_id: await newestChange(tenant) }) },
  'Take a change back': { params: renamed },
  'List refused requests': {},
  'Get the revocation policy of a certificate': {},
  'Set the revocation policy of a certificate': { body: () => ({ stale_policy: 'soft' }) },
  'List blocked serial numbers': {},
  'Block a serial number': {},
  'Unblock a serial number': { params: blocked },
}

/** Whether this is the summary of a look-up: another table of credentials applies (contract 4.5). */
export const isLookup = (summary: string): boolean => LOOKUPS.some((route) => route.summary === summary)

/** Every route in every scope that it has. A route without a row has no request, and is told apart by `hasRow`. */
export const ROUTE_REQUESTS = ROUTES.flatMap((route) => {
  const scoped = route.path.includes('?<scope>')
  const scopes = (['accounts', 'zones'] as const).filter((one) =>
    scoped ? new RegExp(`[<|>]${one}[|)]`).test(route.path) : one === 'accounts',
  )
  const row = ROWS[route.summary]
  return scopes.map((scope) => {
    const request = async (tenant: CrlTenant): Promise<RouteRequest> => {
      const { accountId, zoneId, id, domain } = tenant
      const scopePath = `/${scope}/${scope === 'accounts' ? accountId : zoneId}`
      const params = { certificate_id: id, hostname: domain, serial: '0b', ...(await row?.params?.(tenant)) }
      const path = route.path.replace(SCOPE, scopePath).replace(`/(?<scope>${scope})${SCOPE_ID}`, scopePath)
      const body = await row?.body?.(tenant)
      const isRaw = body instanceof Uint8Array
      return {
        method: route.method,
        path: (route.namespace === 'edge' ? '/edge/v1' : '/client/v4') + filled(path, params),
        type: isRaw ? 'application/pkix-crl' : 'application/json',
        body: body === undefined || isRaw ? body : JSON.stringify(body),
      }
    }
    return { ...route, scope, scoped, hasRow: row !== undefined, isWrite: route.permission === 'write', request }
  })
})

export type RouteOfScope = (typeof ROUTE_REQUESTS)[number]

function filled(path: string, params: Readonly<Record<string, string | undefined>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? `missing-${name}`)
}
