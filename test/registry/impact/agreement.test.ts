import fc from 'fast-check'
import { expect, it } from 'vitest'
import { int, time } from '../../../src/testing/der.ts'
import { sha256 } from '../../../src/x509/index.ts'
import { CA_EXTENSIONS, putCrl } from '../../support/crl.ts'
import { tryThenWrite, type Visitor, visit, type Write, whoGetsIn } from '../../support/impact.ts'
import { pem } from '../../support/pki.ts'
import { client, setUp } from '../../support/protected.ts'
import { issue } from '../../support/x509/chain.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** Random histories: what a dry run says is what the write then answers, and does to the clients that were seen. */

let hosts = 0

/** Two CAs, the second not registered at first, and clients of both: good, late, revoked, of nobody, and without a certificate. */
async function world() {
  hosts += 1
  const gateway = await setUp(`agreement-${hosts}.example`)
  const { root, hostname, certificates, tenant, id } = gateway
  const second = await issue({ cn: 'second', extensions: CA_EXTENSIONS })
  const late = time('2026-05-31T00:00:00Z')
  const leaves = [
    await client(root, { cn: 'ada', serial: int(7) }),
    await client(root, { cn: 'bob', serial: int(9) }),
    await client(root, { cn: 'late', notAfter: late }),
    await client(second, { cn: 'ada', serial: int(7) }),
    await client(await issue({ cn: 'nobody' }), { cn: 'stranger' }),
  ]
  const visitors: readonly Visitor[] = [...leaves.map((leaf) => ({ leaf })), { leaf: undefined }]
  await visit(gateway, visitors)
  const keys = [...(await Promise.all(leaves.map(({ der }) => sha256(der)))), null]
  const edge = `/edge/v1/accounts/${tenant.accountId}`
  const records = `/client/v4${certificates}`
  const crl = { crlPath: `${edge}/certificates/${id}/crl`, authorization: tenant.authorization }
  await putCrl(crl, await issueCrl(root, { number: 1, revoked: [{ serial: 9 }] }))
  const write = (method: Write['method'], path: string, body?: object): Write => ({
    method,
    path,
    authorization: tenant.authorization,
    ...(body && { body: JSON.stringify(body) }),
  })
  return { gateway, hostname, second, visitors, keys, edge, records, id, write }
}

type World = Awaited<ReturnType<typeof world>>

/** The writes that can come, each from what the world has. */
const WRITES: Readonly<Record<string, (w: World) => Write>> = {
  'only ada': (w) =>
    w.write('PUT', `${w.edge}/hostnames/${w.hostname}`, { mode: 'required', identities: [{ common_name: 'ada' }] }),
  'nobody by name': (w) =>
    w.write('PUT', `${w.edge}/hostnames/${w.hostname}`, { mode: 'required', identities: [{ common_name: 'x' }] }),
  everybody: (w) => w.write('PUT', `${w.edge}/hostnames/${w.hostname}`, { mode: 'required', identities: [] }),
  report: (w) => w.write('PUT', `${w.edge}/hostnames/${w.hostname}`, { mode: 'report' }),
  required: (w) => w.write('PUT', `${w.edge}/hostnames/${w.hostname}`, { mode: 'required' }),
  open: (w) => w.write('PUT', `${w.edge}/hostnames/${w.hostname}`, { mode: 'open' }),
  'second CA': (w) =>
    w.write('POST', w.records, { name: 's', certificate: pem(w.second.der), associated_hostnames: [w.hostname] }),
  detach: (w) => w.write('PUT', `${w.records}/${w.id}`, { associated_hostnames: [] }),
  attach: (w) => w.write('PUT', `${w.records}/${w.id}`, { associated_hostnames: [w.hostname, `b.${w.hostname}`] }),
  delete: (w) => w.write('DELETE', `${w.records}/${w.id}`),
  block: (w) => w.write('PUT', `${w.edge}/certificates/${w.id}/blocked_serials/07`),
  unblock: (w) => w.write('DELETE', `${w.edge}/certificates/${w.id}/blocked_serials/7`),
  'no CRLs': (w) => w.write('DELETE', `${w.edge}/certificates/${w.id}/crl`),
  'bad CA': (w) => w.write('DELETE', `${w.edge}/certificates/${w.id}/crl?ca_fingerprint_sha256=x`),
}

it('the dry run, the write and what the gateway then does agree', { timeout: 300_000 }, async () => {
  const happened = new Set<string>()
  const history = fc.array(fc.constantFrom(...Object.keys(WRITES)), { minLength: 4, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(history, async (names) => {
      const w = await world()
      let now = await whoGetsIn(w.gateway, w.visitors)
      for (const name of names) {
        const { impact } = await tryThenWrite(WRITES[name]?.(w) ?? expect.unreachable())
        const then = await whoGetsIn(w.gateway, w.visitors)
        const told = new Map(
          impact?.clients
            .filter(({ hostname }) => hostname === w.hostname)
            .map((one) => [one.certificate_sha256, one.let_in]),
        )
        expect(then, `${names.join(', ')}: after ${name}`).toEqual(w.keys.map((key, i) => told.get(key) ?? now[i]))
        if (told.size > 0) happened.add(name)
        now = then
      }
    }),
    { seed: 15, numRuns: 12, endOnFailure: true },
  )
  // The histories are not empty ones.
  expect(happened.size).toBeGreaterThan(6)
})
