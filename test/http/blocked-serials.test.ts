import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { call } from '../support/api.ts'
import { NOW } from '../support/pki.ts'
import { freshTenant } from '../support/requests.ts'
import { revocationOf } from '../support/revocation.ts'
import { edgePath } from './edge.ts'
import { add, faults, get, items, outcome, put, remove, resultInfo, type Tenant } from './family.ts'

let tenant: Tenant
let id: string
let path: string
beforeEach(async () => {
  tenant = await freshTenant()
  const added = await add(tenant.accountPath, tenant.authorization)
  id = added.id
  path = `${edgePath(added.path)}/blocked_serials`
})

const block = (serial: string, now = NOW) => call(`${path}/${serial}`, { method: 'PUT', headers: headers(), now })
const headers = () => ({ authorization: tenant.authorization })
const listed = async (query = '') => items(await get(`${path}${query}`, tenant.authorization))

describe('a serial number', () => {
  it('is blocked, found by decisions, listed and unblocked', async () => {
    expect(await listed()).toEqual([])
    const answer = await block('0F:ab')
    expect([answer.status, answer.body]).toEqual([
      200,
      { result: { serial: '0fab', blocked_at: '2026-06-01T00:00:00Z' }, success: true, errors: [], messages: [] },
    ])
    expect(await listed()).toEqual([{ serial: '0fab', blocked_at: '2026-06-01T00:00:00Z' }])
    const { blocked } = await revocationOf([id], ['0fab'])
    expect(blocked).toEqual([{ certificateId: id, serial: '0fab', blockedAt: NOW }])
    const removed = await remove(`${path}/0fab`, tenant.authorization)
    expect([removed.status, removed.body.result]).toEqual([200, { serial: '0fab' }])
    expect(await listed()).toEqual([])
    const gone = await remove(`${path}/0fab`, tenant.authorization)
    expect([gone.status, gone.body.errors]).toEqual([
      404,
      [{ code: 12135, message: 'access.api.error.not_found: blocked serial not found' }],
    ])
  })

  it('stays blocked since the first time, however often and in whichever form', async () => {
    await block('ff')
    for (const form of ['FF', '00ff', '00:FF', '0000ff', '00%3Aff']) {
      expect((await block(form, NOW + 60)).body.result).toEqual({ serial: '00ff', blocked_at: '2026-06-01T00:00:00Z' })
    }
    expect(await listed()).toHaveLength(1)
    expect((await remove(`${path}/F%46`, tenant.authorization)).body.result).toEqual({ serial: '00ff' })
  })

  it('is blocked for its record only', async () => {
    const other = await add(tenant.accountPath, tenant.authorization)
    await block('01')
    expect(items(await get(`${edgePath(other.path)}/blocked_serials`, tenant.authorization))).toEqual([])
    const elsewhere = `${edgePath(other.path)}/blocked_serials/01`
    expect(outcome(await remove(elsewhere, tenant.authorization))).toEqual([404, 12135])
    expect(await listed()).toHaveLength(1)
  })

  it.each(['g1', '0f:', '7f'.repeat(41), '%00', '0f%20', '%zz', '01%2F02'])('is not %s', async (text) => {
    const words = 'serial must be a serial number of at most 40 bytes in hexadecimal, such as 0F:AB'
    for (const method of ['PUT', 'DELETE']) {
      expect(faults(await call(`${path}/${text}`, { method, headers: headers() }))).toEqual([[undefined, words]])
    }
    expect(await listed()).toEqual([])
  })

  it('goes with its record', async () => {
    await block('01')
    await remove(`${tenant.accountPath}/${id}`, tenant.authorization)
    const left = env.DB.prepare('SELECT count(*) AS n FROM blocked_serials WHERE certificate_id = ?1').bind(id)
    expect(await left.first('n')).toBe(0)
  })
})

describe('the list', () => {
  it('comes in pages, in the order of the serial numbers', async () => {
    for (const serial of ['03', '01', '02']) await block(serial)
    const page = await get(`${path}?page=2&per_page=2`, tenant.authorization)
    expect(items(page).map(({ serial }) => serial)).toEqual(['03'])
    expect(resultInfo(page)).toEqual({ count: 1, page: 2, per_page: 2, total_count: 3, total_pages: 2 })
    expect(await listed('?page=9')).toEqual([])
  })

  it('refuses a page that is none, after what is not there', async () => {
    expect(outcome(await get(`${path}?page=x`, tenant.authorization))).toEqual([400, 12130])
    const nowhere = path.replace(/[0-9a-f]{12}\/blocked/, '000000000000/blocked')
    expect(outcome(await get(`${nowhere}?page=x`, tenant.authorization))).toEqual([404, 12135])
  })
})

describe('the policy for what is not known of revocation', () => {
  const policyPath = () => path.replace('blocked_serials', 'revocation')
  const policy = async () => (await get(policyPath(), tenant.authorization)).body.result

  it('is hard and allow until it is set; what a PUT leaves out stays', async () => {
    expect(await policy()).toEqual({ stale_policy: 'hard', uncovered: 'allow' })
    for (const [body, expected] of [
      [{ stale_policy: 'soft' }, { stale_policy: 'soft', uncovered: 'allow' }],
      [{ uncovered: 'refuse' }, { stale_policy: 'soft', uncovered: 'refuse' }],
      [{ stale_policy: 'hard' }, { stale_policy: 'hard', uncovered: 'refuse' }],
      [
        { stale_policy: 'hard', uncovered: 'allow' },
        { stale_policy: 'hard', uncovered: 'allow' },
      ],
    ]) {
      const answer = await put(policyPath(), tenant.authorization, body)
      expect([answer.status, answer.body.result]).toEqual([200, expected])
      expect(await policy()).toEqual(expected)
    }
  })

  it.each<[unknown, string]>([
    [{}, 'the request body must have stale_policy, uncovered or both'],
    [{ stale: 'soft' }, 'the request body must have stale_policy, uncovered or both'],
    [{ uncovered: 'deny' }, 'uncovered must be "allow" or "refuse"'],
    [{ stale_policy: 'Hard' }, 'stale_policy must be "soft" or "hard"'],
    [{ stale_policy: null }, 'stale_policy must be "soft" or "hard"'],
    ['"soft"', 'the request body must be a JSON object, not a string'],
  ])('is not %j', async (body, detail) => {
    const answer = await put(policyPath(), tenant.authorization, body)
    expect(faults(answer).map(([, found]) => found)).toEqual([detail])
    expect(await policy()).toEqual({ stale_policy: 'hard', uncovered: 'allow' })
  })

  it('is not in a body with a private key', async () => {
    const body = { stale_policy: 'soft', x: '-----BEGIN PRIVATE KEY-----' }
    expect(outcome(await put(policyPath(), tenant.authorization, body))).toEqual([400, 12130])
    expect(await policy()).toEqual({ stale_policy: 'hard', uncovered: 'allow' })
  })

  it('is read after the body, and the body after the credential', async () => {
    const nowhere = policyPath().replace(id, '00000000-0000-4000-8000-000000000000')
    expect(outcome(await put(nowhere, tenant.authorization, '{'))).toEqual([400, 6007])
    expect(outcome(await put(nowhere, tenant.authorization, {}))).toEqual([404, 12135])
    expect(outcome(await put(nowhere, 'Bearer unknown', '{'))).toEqual([401, 10000])
  })
})
