import { expect, it } from 'vitest'
import { CA_EXTENSIONS } from '../../support/crl.ts'
import { type ShownImpact, tryThenWrite, visit, type Write, whoGetsIn } from '../../support/impact.ts'
import { pem } from '../../support/pki.ts'
import { client, setUp } from '../../support/protected.ts'
import { freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'
import { issue } from '../../support/x509/chain.ts'

/** The dry run of POST, PUT and DELETE of certificates. */

type Gateway = Awaited<ReturnType<typeof setUp>>

let hosts = 0
function fresh(): Promise<Gateway> {
  hosts += 1
  return setUp(`certificates-impact-${hosts}.example`)
}

function write({ certificates, tenant }: Gateway, method: Write['method'], id: string, body?: object): Write {
  const path = `/client/v4${certificates}${id === '' ? '' : `/${id}`}`
  return { method, path, authorization: tenant.authorization, ...(body && { body: JSON.stringify(body) }) }
}

const facts = (impact: ShownImpact | undefined) =>
  impact?.clients.map(({ subject, let_in, code_now, code_then }) => [subject, let_in, code_now, code_then])

it('POST: the clients of a new CA would be let in', async () => {
  const gateway = await fresh()
  const other = await issue({ cn: 'other', extensions: CA_EXTENSIONS })
  const visitors = [{ leaf: await client(gateway.root, { cn: 'old' }) }, { leaf: await client(other, { cn: 'new' }) }]
  await visit(gateway, visitors)
  const body = { name: 'other', certificate: pem(other.der), associated_hostnames: [gateway.hostname] }
  const { impact, answer } = await tryThenWrite(write(gateway, 'POST', '', body))
  expect(facts(impact)).toEqual([['CN=new', true, 'no_issuer', 'accepted']])
  expect(impact).toMatchObject({ clients_let_in: 1, clients_refused: 0, clients_evaluated: 2 })
  expect(answer.status).toBe(201)
  expect(await whoGetsIn(gateway, visitors)).toEqual([true, true])
  const again = await tryThenWrite(write(gateway, 'POST', '', body))
  expect([again.impact, again.answer.status]).toEqual([undefined, 409])
})

it('PUT: a hostname that loses its only CA lets nobody in, and gets its clients back', async () => {
  const gateway = await fresh()
  const visitors = [{ leaf: await client(gateway.root, { cn: 'ada' }) }]
  await visit(gateway, visitors)
  const { impact } = await tryThenWrite(write(gateway, 'PUT', gateway.id, { associated_hostnames: [] }))
  expect(facts(impact)).toEqual([['CN=ada', false, 'accepted', 'hostname_without_certificates']])
  expect(impact?.hostnames_without_anchor).toEqual([gateway.hostname])
  expect(await whoGetsIn(gateway, visitors)).toEqual([false])
  const back = await tryThenWrite(
    write(gateway, 'PUT', gateway.id, { name: 'new', associated_hostnames: [gateway.hostname] }),
  )
  expect(facts(back.impact)).toEqual([['CN=ada', true, 'hostname_without_certificates', 'accepted']])
  expect(back.impact?.hostnames_without_anchor).toEqual([])
  expect(await whoGetsIn(gateway, visitors)).toEqual([true])
})

it('PUT: the same hostnames change nothing for anybody', async () => {
  const gateway = await fresh()
  await visit(gateway, [{ leaf: await client(gateway.root) }])
  const { impact } = await tryThenWrite(
    write(gateway, 'PUT', gateway.id, { name: 'renamed', associated_hostnames: [gateway.hostname] }),
  )
  expect(impact).toMatchObject({ clients: [], clients_evaluated: 0, hostnames_without_anchor: [], uncovered: [] })
})

it("a CA of the account ends a zone's report mode, and the impact says whom that locks out", async () => {
  const gateway = await fresh()
  const { tenant, hostname } = gateway
  const ofZone = await freshToken([zone(tenant.zoneId), account(tenant.accountId, 'read')])
  // The CA of the account goes, a CA of the zone comes, and the zone sets report mode.
  await tryThenWrite(write(gateway, 'PUT', gateway.id, { associated_hostnames: [] }))
  const inner = await issue({ cn: 'inner', extensions: CA_EXTENSIONS })
  const added = await tryThenWrite({
    method: 'POST',
    path: `/client/v4/zones/${tenant.zoneId}/access/certificates`,
    authorization: ofZone,
    body: JSON.stringify({ name: 'inner', certificate: pem(inner.der), associated_hostnames: [hostname] }),
  })
  expect(added.answer.status).toBe(201)
  const path = `/edge/v1/zones/${tenant.zoneId}/hostnames/${hostname}`
  await tryThenWrite({ method: 'PUT', path, authorization: ofZone, body: JSON.stringify({ mode: 'report' }) })
  const visitors = [{ leaf: await client(inner, { cn: 'good' }) }, { leaf: undefined }]
  await visit(gateway, visitors)
  expect(await whoGetsIn(gateway, visitors)).toEqual([true, true])
  const { impact } = await tryThenWrite(write(gateway, 'PUT', gateway.id, { associated_hostnames: [hostname] }))
  expect(facts(impact)).toEqual([['', false, 'no_certificate', 'no_certificate']])
  expect(await whoGetsIn(gateway, visitors)).toEqual([true, false])
})

it('DELETE: is refused while there are hostnames, and changes nothing for anybody without', async () => {
  const gateway = await fresh()
  const inUse = await tryThenWrite(write(gateway, 'DELETE', gateway.id))
  expect([inUse.impact, inUse.answer.status]).toEqual([undefined, 409])
  await tryThenWrite(write(gateway, 'PUT', gateway.id, {}))
  const { impact, answer } = await tryThenWrite(write(gateway, 'DELETE', gateway.id))
  expect(impact).toMatchObject({ clients: [], clients_evaluated: 0, uncovered: [] })
  expect(answer.status).toBe(200)
  expect((await tryThenWrite(write(gateway, 'DELETE', gateway.id))).answer.status).toBe(404)
})

it.each<readonly [string, Write['method'], object]>([
  ['POST without a name', 'POST', { certificate: 'x' }],
  ['POST of something else', 'POST', { name: 'x', certificate: 'x' }],
  ['PUT with a wrong type', 'PUT', { name: 1 }],
  ['PUT of a foreign hostname', 'PUT', { associated_hostnames: ['nobody.test'] }],
  ['PUT of no hostname', 'PUT', { associated_hostnames: ['-'] }],
])('%s: the dry run is refused as the write is', async (_, method, body) => {
  const gateway = await fresh()
  const { impact, answer } = await tryThenWrite(write(gateway, method, method === 'PUT' ? gateway.id : '', body))
  expect([impact, answer.status]).toEqual([undefined, 400])
})
