import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { type Answer, post } from '../support/api.ts'
import { expectCounted } from '../support/counters.ts'
import { edgeOf } from '../support/edge-routes.ts'
import { get, resultInfo } from '../support/family.ts'
import { root } from '../support/pki.ts'
import { addedId, freshTenant, soundBody } from '../support/requests.ts'

/** Many requests at once, as exact numbers. test/registry/quotas/quota-race.test.ts has the quotas of everything else. */

const QUOTA_REACHED = 'access.api.error.invalid_request: maximum number of certificates has been reached'
const EXISTS = 'access.api.error.conflict: certificate already exists'

function tally(answers: readonly Answer[]): Record<string, number> {
  const outcomes = answers.map(({ status, body }) => [status, ...body.errors.map(({ message }) => message)].join(' '))
  return Object.fromEntries([...Map.groupBy(outcomes, (outcome) => outcome)].map(([key, all]) => [key, all.length]))
}

/** The ids that are stored, and those that the record of changes says were added, each once. */
async function expectStored(
  { accountId, authorization }: Awaited<ReturnType<typeof freshTenant>>,
  ids: readonly string[],
) {
  const rows = await env.DB.prepare('SELECT id FROM certificates WHERE account_id = ?1 ORDER BY id')
    .bind(accountId)
    .all()
  expect(rows.results.map(({ id }) => id)).toEqual(ids.toSorted())
  const changes = await get(`${edgeOf('accounts', accountId)}/changes?per_page=1000`, authorization)
  expect(resultInfo(changes)).toMatchObject({ total_count: ids.length })
  const listed: readonly { readonly operation: string; readonly certificate_id: string }[] = JSON.parse(
    changes.text,
  ).result
  expect(listed.map(({ operation, certificate_id }) => [operation, certificate_id]).toSorted()).toEqual(
    ids.toSorted().map((id) => ['add_certificate', id]),
  )
  await expectCounted()
}

it('1,000 POSTs at once on a quota of 50 store 50, and 50 changes are on record', { timeout: 120_000 }, async () => {
  const tenant = await freshTenant({ certificateQuota: 50 })
  const { accountPath, zonePath, authorization } = tenant
  const bodies = Array.from({ length: 1_000 }, () => soundBody())
  const answers = await Promise.all(
    bodies.map((body, i) => post(i % 2 === 0 ? accountPath : zonePath, authorization, body)),
  )
  expect(tally(answers)).toEqual({ 201: 50, [`400 ${QUOTA_REACHED}`]: 950 })
  await expectStored(tenant, answers.filter(({ status }) => status === 201).map(addedId))
})

it('200 POSTs at once of the same certificate store 1, and 1 change is on record', { timeout: 120_000 }, async () => {
  const tenant = await freshTenant()
  const { accountPath, zonePath, authorization } = tenant
  const certificate = root()
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      post(i % 2 === 0 ? accountPath : zonePath, authorization, soundBody({ certificate, name: `${i}` })),
    ),
  )
  expect(tally(answers)).toEqual({ 201: 1, [`409 ${EXISTS}`]: 199 })
  await expectStored(tenant, answers.filter(({ status }) => status === 201).map(addedId))
})
