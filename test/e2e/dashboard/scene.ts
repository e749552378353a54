import { type TestCa, testCa } from '../../../src/testing/index.ts'
import { readFirstRun, type Server } from '../support/server.ts'

/** What the pages of the dashboard show. */
export interface Scene {
  readonly account: string
  readonly zone: string
  readonly token: string
  readonly root: TestCa
  readonly intermediate: TestCa
  /** Ids of records by name. */
  readonly ids: Readonly<Record<string, string>>
  /** Certificates of clients. */
  readonly clients: { readonly good: string; readonly revoked: string; readonly foreign: string }
  readonly api: (method: string, path: string, body?: unknown) => Promise<unknown>
}

const DAY_MS = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS)

/** A name in Arabic, and one without a place to break it. */
export const NAMES = { arabic: 'شهادة الجذر (2027)', long: `Root-${'x'.repeat(200)}` } as const

/** Registers certificates of several kinds, with CRL, block, mode, setting, and a deletion. */
export async function makeScene(server: Server): Promise<Scene> {
  const { accountId, zoneId, token } = readFirstRun(server.output())
  const api = caller(server.origin, token)
  const account = `accounts/${accountId}`
  const ids: Record<string, string> = {}
  const add = async (name: string, pem: string, hostnames: readonly string[]) => {
    const body = { name, certificate: pem, associated_hostnames: hostnames }
    const added = await api('POST', `client/v4/${account}/access/certificates`, body)
    ids[name] = (added as { readonly id: string }).id
  }
  const root = await testCa({ subject: { O: 'Example', CN: 'Example root' } })
  const intermediate = await root.issue({ ca: true, subject: 'Example intermediate', notAfter: inDays(400) })
  const [good, revoked] = await Promise.all([
    intermediate.issue({ subject: 'laptop of Ada' }),
    intermediate.issue({ subject: 'laptop of Eve' }),
  ])
  const foreign = await (await testCa({ subject: 'Somebody else' })).issue({ subject: 'a stranger' })
  await add('Example PKI', root.certificate + intermediate.certificate, ['admin.example.com', 'wiki.example.com'])
  const soon = await testCa({ subject: 'Expires soon', notBefore: inDays(-300), notAfter: inDays(12) })
  await add('Old PKI', soon.certificate, ['old.example.com'])
  const expired = await testCa({ subject: 'Expired', notBefore: inDays(-700), notAfter: inDays(-20) })
  await add('Expired PKI', expired.certificate, [])
  await add(NAMES.arabic, (await testCa({ subject: NAMES.arabic })).certificate, ['münchen.example.com'])
  await add(NAMES.long, (await testCa({ subject: NAMES.long.slice(0, 64) })).certificate, [
    `${'a'.repeat(63)}.example.com`,
  ])
  await add('Deleted PKI', (await testCa({ subject: 'Deleted' })).certificate, [])
  const edge = `edge/v1/${account}`
  const crl = await intermediate.crl({ revoked: [revoked] })
  await api('PUT', `${edge}/certificates/${ids['Example PKI']}/crl`, { crl })
  await api('PUT', `${edge}/certificates/${ids['Example PKI']}/blocked_serials/0123456789abcdef`)
  await api('PUT', `${edge}/hostnames/wiki.example.com`, { mode: 'report' })
  const identities = [{ organization: 'Example', organizational_unit: 'Operations' }, { common_name: 'robot' }]
  await api('PUT', `${edge}/hostnames/old.example.com`, { mode: 'required', identities })
  const settings = [{ hostname: 'admin.example.com', china_network: false, client_certificate_forwarding: true }]
  await api('PUT', `client/v4/${account}/access/certificates/settings`, { settings })
  await api('DELETE', `client/v4/${account}/access/certificates/${ids['Deleted PKI']}`)
  const clients = { good: good.certificate, revoked: revoked.certificate, foreign: foreign.certificate }
  return { account, zone: `zones/${zoneId}`, token, root, intermediate, ids, clients, api }
}

/** Calls the API, and fails where it refuses. */
export function caller(origin: string, token: string): Scene['api'] {
  return async (method, path, body) => {
    const response = await fetch(`${origin}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as { readonly success: boolean; readonly result: unknown }
    if (!answer.success) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    return answer.result
  }
}
