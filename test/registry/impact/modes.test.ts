import { expect, it } from 'vitest'
import { time } from '../../../src/testing/der.ts'
import { sha256 } from '../../../src/x509/index.ts'
import { CA_EXTENSIONS } from '../../support/crl.ts'
import { type ShownImpact, tryThenWrite, tryWrite, visit, type Write, whoGetsIn } from '../../support/impact.ts'
import { client, setUp } from '../../support/protected.ts'
import { freshToken } from '../../support/requests.ts'
import { addTenant, addZone, zone } from '../../support/tenants.ts'
import { issue } from '../../support/x509/chain.ts'

/** The dry run of a hostname's mode and identity rules. */

type Gateway = Awaited<ReturnType<typeof setUp>>

let hosts = 0
function fresh(): Promise<Gateway> {
  hosts += 1
  return setUp(`modes-impact-${hosts}.example`)
}

function put({ tenant, hostname }: Pick<Gateway, 'tenant' | 'hostname'>, body: object): Write {
  const path = `/edge/v1/accounts/${tenant.accountId}/hostnames/${hostname}`
  return { method: 'PUT', path, authorization: tenant.authorization, body: JSON.stringify(body) }
}

const facts = (impact: ShownImpact | undefined) =>
  impact?.clients.map(({ subject, let_in, code_now, code_then }) => [subject, let_in, code_now, code_then])

it('identity rules: the clients that none matches would be refused', async () => {
  const gateway = await fresh()
  const [ada, bob] = [await client(gateway.root, { cn: 'ada' }), await client(gateway.root, { cn: 'bob' })]
  const visitors = [{ leaf: ada }, { leaf: bob }]
  await visit(gateway, visitors)
  const { impact } = await tryThenWrite(put(gateway, { mode: 'required', identities: [{ common_name: 'ada' }] }))
  expect(impact).toEqual({
    clients_refused: 1,
    clients_let_in: 0,
    clients: [
      {
        hostname: gateway.hostname,
        certificate_sha256: await sha256(bob.der),
        subject: 'CN=bob',
        issuer: 'CN=root',
        let_in: false,
        code_now: 'accepted',
        code_then: 'identity_not_allowed',
        accepted_count: 1,
        refused_count: 0,
        last_seen_at: '2026-06-01T00:00:00Z',
      },
    ],
    clients_evaluated: 2,
    clients_not_evaluated: [],
    hostnames_without_anchor: [],
    uncovered: [],
  })
  expect(await whoGetsIn(gateway, visitors)).toEqual([true, false])
  const again = await tryThenWrite(put(gateway, { mode: 'required', identities: [{ organization: 'a' }] }))
  expect(facts(again.impact)).toEqual([['CN=ada', false, 'accepted', 'identity_not_allowed']])
  const cleared = await tryThenWrite(put(gateway, { mode: 'required', identities: [] }))
  expect(facts(cleared.impact)?.toSorted()).toEqual([
    ['CN=ada', true, 'identity_not_allowed', 'accepted'],
    ['CN=bob', true, 'identity_not_allowed', 'accepted'],
  ])
  expect(await whoGetsIn(gateway, visitors)).toEqual([true, true])
})

it('a mode: report lets everybody in, and required lets no refused client in any more', async () => {
  const gateway = await fresh()
  const late = await client(gateway.root, { cn: 'late', notAfter: time('2026-05-31T00:00:00Z') })
  const visitors = [{ leaf: await client(gateway.root) }, { leaf: late }, { leaf: undefined }]
  await visit(gateway, visitors)
  const { impact } = await tryThenWrite(put(gateway, { mode: 'report' }))
  expect(facts(impact)?.toSorted()).toEqual([
    ['', true, 'no_certificate', 'no_certificate'],
    ['CN=late', true, 'expired', 'expired'],
  ])
  expect(await whoGetsIn(gateway, visitors)).toEqual([true, true, true])
  const back = await tryThenWrite(put(gateway, { mode: 'required' }))
  expect(back.impact).toMatchObject({ clients_refused: 2, clients_let_in: 0, clients_evaluated: 3 })
  expect(await whoGetsIn(gateway, visitors)).toEqual([true, false, false])
})

it('a client is decided on with what came with its certificate', async () => {
  const gateway = await fresh()
  const sub = await issue({ cn: 'sub', by: gateway.root, extensions: CA_EXTENSIONS })
  const visitors = [{ leaf: await client(sub, { cn: 'deep' }), chain: [sub] }]
  await visit(gateway, visitors)
  const { impact } = await tryThenWrite(put(gateway, { mode: 'required', identities: [{ common_name: 'nobody' }] }))
  expect(facts(impact)).toEqual([['CN=deep', false, 'accepted', 'identity_not_allowed']])
})

it.each<readonly [string, object]>([
  ['no mode', {}],
  ['an unknown mode', { mode: 'off' }],
  ['an unknown condition', { mode: 'required', identities: [{ name: 'a' }] }],
  ['until without report', { mode: 'required', until: '2026-06-02T00:00:00Z' }],
  ['open with certificates', { mode: 'open' }],
])('%s: the dry run is refused as the write is', async (_, body) => {
  const { impact, answer } = await tryThenWrite(put(await fresh(), body))
  expect([impact, answer.status]).toEqual([undefined, 400])
})

it('the hostname of another account: the dry run is refused as the write is, and says nothing of its clients', async () => {
  const [gateway, stranger] = [await fresh(), await addTenant('modes-impact-stranger.example')]
  await visit(gateway, [{ leaf: await client(gateway.root, { cn: 'secret' }) }])
  const { answer } = await tryThenWrite(put({ ...gateway, tenant: stranger }, { mode: 'required' }))
  expect(answer.status).toBe(400)
  expect(answer.text).not.toContain('secret')
})

it('a permission for the zone sees the impact on its own hostname', async () => {
  const gateway = await fresh()
  const { tenant, hostname } = gateway
  const inner = await addZone(tenant.accountId, hostname)
  const authorization = await freshToken([zone(inner)])
  const path = `/edge/v1/zones/${inner}/hostnames/${hostname}`
  const answer = await tryWrite({ method: 'PUT', path, authorization, body: JSON.stringify({ mode: 'required' }) })
  expect(answer).toMatchObject({ status: 200, body: { result: { impact: { clients_evaluated: 0 } } } })
})

it('If-Match that does not hold refuses the dry run, too', async () => {
  const { impact, answer } = await tryThenWrite({
    ...put(await fresh(), { mode: 'required' }),
    headers: { 'if-match': '"0"' },
  })
  expect([impact, answer.status]).toEqual([undefined, 412])
})
