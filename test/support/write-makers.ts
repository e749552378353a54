import { type Answer, type CallOptions, call } from './api.ts'
import { type CrlTenant, crlTenantInUse, putCrl } from './crl.ts'
import { edgeOf } from './edge-routes.ts'
import { get, put, remove } from './family.ts'
import { soundBody } from './requests.ts'
import { issueCrl } from './x509/make-crl.ts'

/** A request that writes, ready to be sent: the same each time. */
export type Send = (options: CallOptions) => Promise<Answer>

/** An entry of a CRL. */
export const SERIAL = { serial: 7 }

/** More than one batch of an upload takes: 1,000,000 characters (src/registry/crls/upload-sql.ts). */
export const MANY = { count: 12_000, serialBytes: 36 }

const must = async (sent: Promise<Answer>): Promise<Answer> => {
  const answer = await sent
  if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.text}`)
  return answer
}

/** A tenant whose record has a CRL, a hostname, a blocked serial number and a policy. */
async function fullTenant(): Promise<CrlTenant> {
  const tenant = await crlTenantInUse()
  const { edge, authorization } = tenant
  await must(putCrl(tenant, await issueCrl(tenant.ca, { revoked: [SERIAL] })))
  await must(put(`${edge}/blocked_serials/0a`, authorization, ''))
  await must(put(`${edge}/revocation`, authorization, { stale_policy: 'soft' }))
  return tenant
}

/** A request of a full tenant. */
export const ofTenant =
  (sendOf: (tenant: CrlTenant) => Promise<Send> | Send, before?: (tenant: CrlTenant) => Promise<unknown>) =>
  async () => {
    const tenant = await fullTenant()
    await before?.(tenant)
    return await sendOf(tenant)
  }

/** A PUT of JSON. */
export const puts = (pathOf: (tenant: CrlTenant) => string, bodyOf: (tenant: CrlTenant) => unknown) =>
  ofTenant((tenant) => (options) => put(pathOf(tenant), tenant.authorization, bodyOf(tenant), options))
/** A DELETE. */
export const removes =
  (pathOf: (tenant: CrlTenant) => string) =>
  (tenant: CrlTenant): Send =>
  (options) =>
    remove(pathOf(tenant), tenant.authorization, options)
/** A POST of a new certificate. */
export const posts = (more: (tenant: CrlTenant) => Record<string, unknown>) =>
  ofTenant((tenant) => {
    const body = JSON.stringify(soundBody(more(tenant)))
    const headers = { authorization: tenant.authorization, 'content-type': 'application/json' }
    return (options) => call(tenant.accountPath, { method: 'POST', body, headers, ...options })
  })
/** A PUT of CRLs. */
export const uploads = (crlOf: (tenant: CrlTenant) => Promise<BodyInit>) =>
  ofTenant(async (tenant) => {
    const crl = await crlOf(tenant)
    return (options) => putCrl(tenant, crl, options)
  })

/** The path of the account in the edge namespace. */
export const account = ({ accountId }: CrlTenant) => edgeOf('accounts', accountId)
/** A body of settings. */
export const setting = (hostname: string) => ({ settings: [{ hostname, client_certificate_forwarding: true }] })
/** Takes the record's hostnames away, so that it can be deleted. */
export const empty = ({ record, authorization }: CrlTenant) => must(put(record, authorization, {}))

/** Takes the newest change back, which `write` made. */
export const reverts = (
  write: (tenant: CrlTenant) => Promise<Answer>,
  first?: (tenant: CrlTenant) => Promise<unknown>,
) =>
  ofTenant(
    async (tenant) => {
      const { authorization } = tenant
      const { text } = await get(`${account(tenant)}/changes?per_page=1`, authorization)
      const path = `${account(tenant)}/changes/${JSON.parse(text).result[0].id}/revert`
      return (options) => call(path, { method: 'POST', headers: { authorization }, ...options })
    },
    async (tenant) => {
      await first?.(tenant)
      await must(write(tenant))
    },
  )
