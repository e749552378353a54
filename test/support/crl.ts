import { expect } from 'vitest'
import { basicConstraints, keyUsage } from '../../src/testing/extensions.ts'
import { type Answer, type CallOptions, call } from './api.ts'
import { edgePath } from './edge-routes.ts'
import { add, get, put } from './family.ts'
import { pem } from './pki.ts'
import { freshId, freshTenant } from './requests.ts'
import { type Issued, issue } from './x509/chain.ts'

/** Shared by the tests of CRLs: tenants with a record of CAs that sign CRLs, and uploads. */

/** keyCertSign and cRLSign. */
export const CA_EXTENSIONS = [basicConstraints(true), keyUsage(0x06, 1)]

/** A CA that signs CRLs, with a unique name. */
export const issueCa = (): Promise<Issued> => issue({ cn: `CA ${freshId()}`, extensions: CA_EXTENSIONS })

/** A tenant with one record with this number of CAs, in one of its scopes. */
export async function crlTenant(cas = 1, scope: 'accountPath' | 'zonePath' = 'accountPath') {
  const tenant = await freshTenant()
  const issued: Issued[] = []
  for (let i = 0; i < cas; i += 1) issued.push(await issueCa())
  const [ca] = issued
  if (ca === undefined) throw new Error('a record has a CA')
  const certificate = issued.map(({ der }) => pem(der)).join('')
  const { id, path } = await add(tenant[scope], tenant.authorization, { certificate })
  return { ...tenant, id, ca, cas: issued, record: path, edge: edgePath(path), crlPath: `${edgePath(path)}/crl` }
}

/** The same, with the tenant's domain as a hostname of the record: its CRLs are in use. */
export async function crlTenantInUse(cas = 1, scope: 'accountPath' | 'zonePath' = 'accountPath') {
  const tenant = await crlTenant(cas, scope)
  const { status } = await put(tenant.record, tenant.authorization, { associated_hostnames: [tenant.domain] })
  expect(status).toBe(200)
  return tenant
}

export type CrlTenant = Awaited<ReturnType<typeof crlTenant>>

/** PUTs a CRL unchanged, without a content type. */
export function putCrl(
  { crlPath, authorization }: Pick<CrlTenant, 'crlPath' | 'authorization'>,
  body: BodyInit,
  options: CallOptions = {},
): Promise<Answer> {
  return call(crlPath, { method: 'PUT', ...options, headers: { authorization, ...options.headers }, body })
}

/** The current CRLs, as in the answer to GET. */
export async function crlsOf({ crlPath, authorization }: CrlTenant, options: CallOptions = {}) {
  const answer = await get(crlPath, authorization, options)
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text).result as readonly Readonly<Record<string, unknown>>[]
}

/** Their numbers, in the order of their upload. */
export const numbersOf = async (tenant: CrlTenant) => (await crlsOf(tenant)).map(({ number }) => number)
