import { jsonHeaders, register } from './api.ts'
import { makeCrl, newCrlIssuer } from './crl.ts'
import { type Figure, figureOf } from './figure.ts'
import { inWords } from './job.ts'
import type { Tenant } from './tenants.ts'
import type { Workers } from './workers.ts'

/** CRLs of a size, and how often one is uploaded: each replaces the one before. */
export interface CrlRounds {
  readonly entries: number
  readonly rounds: number
}

/** What was uploaded last: the hostname of a record with a CRL of so many entries, and a serial number in it. */
export interface Uploaded {
  readonly hostname: string
  readonly entries: number
  /** Lower-case hexadecimal. */
  readonly listed: string
}

/** Uploads CRLs of a size, against a Worker that inserts as many rows and checks nothing. */
export async function uploadCrls(
  workers: Workers,
  tenant: Tenant,
  { entries, rounds }: CrlRounds,
): Promise<{ readonly figure: Figure; readonly uploaded: Uploaded }> {
  const hostname = `crl${entries}.${tenant.domain}`
  const issuer = await newCrlIssuer(hostname)
  const id = await register(workers, tenant, issuer.certificate, [hostname])
  const target = workers.url('api', `/edge/v1/accounts/${tenant.accountId}/certificates/${id}/crl`)
  const headers = { ...jsonHeaders(tenant), 'content-type': 'application/pkix-crl' }
  const values: number[] = []
  const floor: number[] = []
  let listed = ''
  for (let round = 1; round <= rounds; round += 1) {
    const crl = await makeCrl(issuer, round, entries, Math.floor(Date.now() / 1_000))
    floor.push(await timeRequest(workers.url('rows', `/${entries}`), { method: 'POST' }))
    values.push(await timeRequest(target, { method: 'PUT', headers, body: crl.der }))
    listed = crl.listed
  }
  const figure = figureOf({
    section: 'CRL upload',
    name: inWords(entries, 'entry', 'entries'),
    unit: 'ms',
    values,
    floor: { name: 'as many rows inserted', values: floor },
  })
  return { figure, uploaded: { hostname, entries, listed } }
}

/** Elapsed ms up to the answer's end. */
async function timeRequest(url: URL, init: RequestInit): Promise<number> {
  const start = performance.now()
  const answer = await fetch(url, init)
  const text = await answer.text()
  const elapsedMs = performance.now() - start
  if (!answer.ok) throw new Error(`${url.pathname} answered ${answer.status}: ${text}`)
  return elapsedMs
}
