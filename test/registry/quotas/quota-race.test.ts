import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { type Answer, post } from '../../support/api.ts'
import { expectCounted } from '../../support/counters.ts'
import { crlTenant, putCrl } from '../../support/crl.ts'
import { edgeOf, edgePath } from '../../support/edge-routes.ts'
import { add, put } from '../../support/family.ts'
import { root } from '../../support/pki.ts'
import { addedId, freshTenant, soundBody } from '../../support/requests.ts'
import { limit } from '../../support/tenants.ts'
import { issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

const QUOTA_REACHED = 'access.api.error.invalid_request: maximum number of certificates has been reached'
const EXISTS = 'access.api.error.conflict: certificate already exists'

/** The number of each outcome: the status, and the message of a refusal. */
function tally(answers: readonly Answer[]): Record<string, number> {
  const outcomes = answers.map(({ status, body }) => [status, ...body.errors.map(({ message }) => message)].join(' '))
  return Object.fromEntries([...Map.groupBy(outcomes, (outcome) => outcome)].map(([key, all]) => [key, all.length]))
}

async function storedIds(accountId: string): Promise<unknown[]> {
  const rows = env.DB.prepare('SELECT id FROM certificates WHERE account_id = ?1 ORDER BY id').bind(accountId)
  return (await rows.all()).results.map(({ id }) => id)
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

it('100 at once against a quota of 50 store exactly 50, in the account and its zone together', async () => {
  const { accountId, accountPath, zonePath, authorization, domain } = await freshTenant({ certificateQuota: 50 })
  const answers = await Promise.all(
    times(100, (i) =>
      post(
        i % 2 === 0 ? accountPath : zonePath,
        authorization,
        soundBody({ associated_hostnames: [`h${i}.${domain}`] }),
      ),
    ),
  )
  expect(tally(answers)).toEqual({ 201: 50, [`400 ${QUOTA_REACHED}`]: 50 })
  const added = answers.filter(({ status }) => status === 201).map(addedId)
  expect(await storedIds(accountId)).toEqual(added.toSorted())
  // Refused requests left nothing.
  const orphans = `SELECT (SELECT count(*) FROM certificate_chain) AS chain,
    (SELECT count(*) FROM certificate_hostnames) AS hostnames`
  expect(await env.DB.prepare(orphans).first()).toEqual({ chain: 50, hostnames: 50 })
})

it('20 at once of the same certificate store exactly 1', async () => {
  const { accountId, accountPath, zonePath, authorization } = await freshTenant()
  const certificate = root()
  const answers = await Promise.all(
    times(20, (i) =>
      post(i % 2 === 0 ? accountPath : zonePath, authorization, soundBody({ certificate, name: `${i}` })),
    ),
  )
  expect(tally(answers)).toEqual({ 201: 1, [`409 ${EXISTS}`]: 19 })
  expect(await storedIds(accountId)).toEqual(answers.filter(({ status }) => status === 201).map(addedId))
})

it('20 at once of the same certificate for the last place: 1 is stored, the others are refused by the quota', async () => {
  const { accountId, accountPath, authorization } = await freshTenant({ certificateQuota: 1 })
  const certificate = root()
  const answers = await Promise.all(times(20, () => post(accountPath, authorization, soundBody({ certificate }))))
  expect(tally(answers)).toEqual({ 201: 1, [`400 ${QUOTA_REACHED}`]: 19 })
  expect(await storedIds(accountId)).toHaveLength(1)
})

it('two accounts at once do not count against each other', async () => {
  const tenants = [await freshTenant({ certificateQuota: 5 }), await freshTenant({ certificateQuota: 5 })]
  const answers = await Promise.all(
    tenants.flatMap(({ accountPath, authorization }) => times(10, () => post(accountPath, authorization, soundBody()))),
  )
  expect(tally(answers)).toEqual({ 201: 10, [`400 ${QUOTA_REACHED}`]: 10 })
  for (const { accountId } of tenants) expect(await storedIds(accountId)).toHaveLength(5)
})

/** The numbers of answers with 200 or 202, and with the reached quota of `what`. There must be no other answer. */
function settled(answers: readonly Answer[], what: string): readonly [stored: number, refused: number] {
  const words = `access.api.error.invalid_request: maximum number of ${what} has been reached: `
  const stored = answers.filter(({ status }) => status === 200 || status === 202)
  const refused = answers.filter(({ status, body }) => status === 400 && body.errors[0]?.message.startsWith(words))
  expect(stored.length + refused.length).toBe(answers.length)
  return [stored.length, refused.length]
}

const count = async (table: string, column: string, value: string) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?1`).bind(value).first('n')

it('60 settings at once against a quota of 10 store exactly 10', async () => {
  const { accountId, accountPath, zonePath, authorization, domain } = await freshTenant()
  await limit(accountId, { settings: 10 })
  const answers = await Promise.all(
    times(60, (i) =>
      put(`${i % 2 === 0 ? accountPath : zonePath}/settings`, authorization, {
        settings: [{ hostname: `h${i}.${domain}`, client_certificate_forwarding: true }],
      }),
    ),
  )
  expect(settled(answers, 'hostname settings')).toEqual([10, 50])
  expect(await count('hostname_settings', 'account_id', accountId)).toBe(10)
})

it('30 requests of 4 settings each against a quota of 10 store exactly 8: a request is stored whole, or not at all', async () => {
  const { accountId, accountPath, authorization, domain } = await freshTenant()
  await limit(accountId, { settings: 10 })
  const answers = await Promise.all(
    times(30, (i) =>
      put(`${accountPath}/settings`, authorization, {
        settings: times(4, (k) => ({ hostname: `h${i}-${k}.${domain}`, client_certificate_forwarding: true })),
      }),
    ),
  )
  expect(settled(answers, 'hostname settings')).toEqual([2, 28])
  expect(await count('hostname_settings', 'account_id', accountId)).toBe(8)
})

it('60 modes at once against a quota of 10 store exactly 10', async () => {
  const { accountId, zoneId, authorization, domain } = await freshTenant()
  await limit(accountId, { modes: 10 })
  const paths = [edgeOf('accounts', accountId), edgeOf('zones', zoneId)]
  const answers = await Promise.all(
    times(60, (i) => put(`${paths[i % 2]}/hostnames/h${i}.${domain}`, authorization, { mode: 'report' })),
  )
  expect(settled(answers, 'hostname modes')).toEqual([10, 50])
  expect(await count('hostname_modes', 'account_id', accountId)).toBe(10)
})

it('60 serial numbers at once, on two records, against a quota of 10 block exactly 10', async () => {
  const { accountId, accountPath, zonePath, authorization } = await freshTenant()
  await limit(accountId, { blockedSerials: 10 })
  const records = [await add(accountPath, authorization), await add(zonePath, authorization)]
  const answers = await Promise.all(
    times(60, (i) => {
      const path = edgePath(records[i % 2]?.path ?? '')
      // Every third has a negative twin, and counts once all the same.
      return put(
        `${path}/blocked_serials/${i % 3 === 0 ? 'f' : '1'}${i.toString(16).padStart(3, '0')}`,
        authorization,
        '',
      )
    }),
  )
  expect(settled(answers, 'blocked serial numbers')).toEqual([10, 50])
  await expectCounted()
})

it('12 CRLs of as many CAs at once against a quota of 5 store exactly 5', async () => {
  const tenant = await crlTenant(12)
  await limit(tenant.accountId, { crls: 5 })
  const ders = await Promise.all(tenant.cas.map((ca) => issueCrl(ca, { revoked: manyEntries(3) })))
  const answers = await Promise.all(ders.map((der) => putCrl(tenant, der)))
  expect(settled(answers, 'CRLs')).toEqual([5, 7])
  expect(await count('crls', 'account_id', tenant.accountId)).toBe(5)
  await expectCounted()
})

it('12 CRLs of 10 entries at once against a quota of 35 entries store exactly 3', async () => {
  const tenant = await crlTenant(12)
  await limit(tenant.accountId, { crlEntries: 35 })
  const ders = await Promise.all(tenant.cas.map((ca) => issueCrl(ca, { revoked: manyEntries(10) })))
  const answers = await Promise.all(ders.map((der) => putCrl(tenant, der)))
  expect(settled(answers, 'CRL entries')).toEqual([3, 9])
  expect(await count('crls', 'account_id', tenant.accountId)).toBe(3)
  await expectCounted()
})
