import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { type Answer, post } from '../support/api.ts'
import { root } from '../support/pki.ts'
import { addedId, freshTenant, soundBody } from '../support/requests.ts'

const QUOTA_REACHED = 'access.api.error.invalid_request: maximum number of certificates has been reached'
const EXISTS = 'access.api.error.conflict: certificate already exists'

/** How often each outcome came: the status, and the message of a refusal. */
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
  // Nothing half-done is left of those that were refused.
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

it('20 at once of the same certificate for the last place: 1 is stored, and the quota answers the rest', async () => {
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
