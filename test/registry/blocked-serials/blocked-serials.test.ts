import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { int } from '../../../src/testing/der.ts'
import { call } from '../../support/api.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add, faults, get, items, outcome, put, remove, resultInfo, type Tenant } from '../../support/family.ts'
import { NOW, root } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { revocationOf } from '../../support/revocation.ts'
import { insertCrl } from '../../support/rows.ts'

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

  it('keeps the time of its first block, when it is blocked again in any form', async () => {
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

  it.each(['g1', '0f:', '7f'.repeat(41), '%00', '0f%20a', '%zz', '01%2F02'])('is not %s', async (text) => {
    const words = 'serial must be a serial number of at most 40 bytes in hexadecimal, such as 0F:AB'
    for (const method of ['PUT', 'DELETE']) {
      expect(faults(await call(`${path}/${text}`, { method, headers: headers() }))).toEqual([[undefined, words]])
    }
    expect(await listed()).toEqual([])
  })

  it.each([
    '0F3A991C2B3A4958',
    '0f:3a:99:1c:2b:3a:49:58',
    '0x0f3a991c2b3a4958',
    'serial%3D0F3A991C2B3A4958',
    '0f%203a%2099%201c%202b%203a%2049%2058',
    '%E2%80%8E0f3a991c2b3a4958',
    '0F-3A-99-1C-2B-3A-49-58',
    'dec:1097357805481511256',
  ])('is blocked as tools print it: %s', async (form) => {
    expect((await block(form)).body).toMatchObject({ result: { serial: '0f3a991c2b3a4958' }, messages: [] })
    expect((await remove(`${path}/${form}`, tenant.authorization)).body.result).toEqual({ serial: '0f3a991c2b3a4958' })
  })

  it('is not a decimal number that is not valid as hexadecimal', async () => {
    const decimal = String(2n ** 159n - 1n)
    for (const method of ['PUT', 'DELETE']) {
      const answer = await call(`${path}/${decimal}`, { method, headers: headers() })
      expect(faults(answer)).toEqual([
        [undefined, expect.stringMatching(/^serial has decimal digits only, .* 24 bytes, .* write dec: before .* 0x/)],
      ])
    }
    expect(await listed()).toEqual([])
    expect((await block(`dec:${decimal}`)).body.result).toMatchObject({ serial: `7f${'ff'.repeat(19)}` })
  })

  it('is blocked as hexadecimal if it has decimal digits only, with a message that it may mean another number', async () => {
    const answer = await block('1001')
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        result: { serial: '1001', blocked_at: '2026-06-01T00:00:00Z' },
        success: true,
        errors: [],
        messages: [{ code: 12940, message: expect.stringMatching(/^1001 .* block dec:1001; if not, write 0x1001$/) }],
      },
    ])
    for (const clear of ['0x1001', '10:01', 'serial=1001', '9', '100a']) {
      expect((await block(clear)).body.messages).toEqual([])
    }
  })

  it('has no such message if a CRL of the record lists it in hexadecimal, or a CA of the account has it', async () => {
    await insertCrl(id, ['1234'])
    expect((await block('1234')).body.messages).toEqual([])
    expect((await block('1235')).body.messages).toMatchObject([{ code: 12940 }])
    const certificate = root({ serial: int(0x9876) })
    await add(tenant.accountPath, tenant.authorization, { certificate })
    expect((await block('9876')).body.messages).toEqual([])
    // CRLs and certificates of other accounts make no difference.
    const other = await freshTenant()
    const foreign = await add(other.accountPath, other.authorization, { certificate: root({ serial: int(0x8765) }) })
    await insertCrl(foreign.id, ['1236'])
    for (const serial of ['8765', '1236']) expect((await block(serial)).body.messages).toMatchObject([{ code: 12940 }])
  })

  it('may be negative, with a minus sign as openssl prints it', async () => {
    expect((await block('-11D4C215')).body.result).toMatchObject({ serial: 'ee2b3deb' })
    expect(await listed()).toEqual([{ serial: 'ee2b3deb', blocked_at: '2026-06-01T00:00:00Z' }])
    expect((await remove(`${path}/-11d4c215`, tenant.authorization)).body.result).toEqual({ serial: 'ee2b3deb' })
    expect(await listed()).toEqual([])
  })

  it('also blocks the negative number with the same digits, since a user may have copied its octets', async () => {
    expect((await block('ee2b3deb')).body.result).toMatchObject({ serial: '00ee2b3deb' })
    const page = await get(path, tenant.authorization)
    expect(items(page).map(({ serial }) => serial)).toEqual(['00ee2b3deb'])
    expect(resultInfo(page)).toMatchObject({ count: 1, total_count: 1 })
    const { blocked } = await revocationOf([id], ['ee2b3deb', '00ee2b3deb'])
    expect(blocked.map(({ serial }) => serial).sort()).toEqual(['00ee2b3deb', 'ee2b3deb'])
    expect((await remove(`${path}/EE2B3DEB`, tenant.authorization)).body.result).toEqual({ serial: '00ee2b3deb' })
    expect((await revocationOf([id], ['ee2b3deb', '00ee2b3deb'])).blocked).toEqual([])
    // In the other direction, octets from the list unblock what they name.
    await block('-11D4C215')
    expect((await remove(`${path}/ee2b3deb`, tenant.authorization)).body.result).toEqual({ serial: 'ee2b3deb' })
  })

  it('takes one batch, whether it is known or not', async () => {
    const { db, calls } = countingDatabase(env.DB)
    await call(`${path}/1001`, { method: 'PUT', headers: headers(), env: { DB: db } })
    expect(calls).toEqual(['batch'])
  })

  it('is deleted with its record', async () => {
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

  it('refuses a malformed page, but answers first that a record does not exist', async () => {
    expect(outcome(await get(`${path}?page=x`, tenant.authorization))).toEqual([400, 12130])
    const nowhere = path.replace(/[0-9a-f]{12}\/blocked/, '000000000000/blocked')
    expect(outcome(await get(`${nowhere}?page=x`, tenant.authorization))).toEqual([404, 12135])
  })
})

describe('the policy for stale and missing CRLs', () => {
  const policyPath = () => path.replace('blocked_serials', 'revocation')
  const policy = async () => (await get(policyPath(), tenant.authorization)).body.result

  it('is hard and allow by default; a field that a PUT leaves out keeps its value', async () => {
    expect(await policy()).toEqual({ stale_policy: 'hard', uncovered: 'allow', crl_url: null })
    for (const [body, expected] of [
      [{ stale_policy: 'soft' }, { stale_policy: 'soft', uncovered: 'allow', crl_url: null }],
      [{ uncovered: 'refuse' }, { stale_policy: 'soft', uncovered: 'refuse', crl_url: null }],
      [{ stale_policy: 'hard' }, { stale_policy: 'hard', uncovered: 'refuse', crl_url: null }],
      [
        { stale_policy: 'hard', uncovered: 'allow', crl_url: null },
        { stale_policy: 'hard', uncovered: 'allow', crl_url: null },
      ],
    ]) {
      const answer = await put(policyPath(), tenant.authorization, body)
      expect([answer.status, answer.body.result]).toEqual([200, expected])
      expect(await policy()).toEqual(expected)
    }
  })

  it.each<[unknown, string]>([
    [{}, 'the request body must have stale_policy, uncovered or crl_url'],
    [{ stale: 'soft' }, 'the request body must have stale_policy, uncovered or crl_url'],
    [{ uncovered: 'deny' }, 'uncovered must be "allow" or "refuse"'],
    [{ stale_policy: 'Hard' }, 'stale_policy must be "soft" or "hard"'],
    [{ stale_policy: null }, 'stale_policy must be "soft" or "hard"'],
    ['"soft"', 'the request body must be a JSON object, not a string'],
  ])('is not %j', async (body, detail) => {
    const answer = await put(policyPath(), tenant.authorization, body)
    expect(faults(answer).map(([, found]) => found)).toEqual([detail])
    expect(await policy()).toEqual({ stale_policy: 'hard', uncovered: 'allow', crl_url: null })
  })

  it('is refused in a body with a private key', async () => {
    const body = { stale_policy: 'soft', x: '-----BEGIN PRIVATE KEY-----' }
    expect(outcome(await put(policyPath(), tenant.authorization, body))).toEqual([400, 12130])
    expect(await policy()).toEqual({ stale_policy: 'hard', uncovered: 'allow', crl_url: null })
  })

  it('is checked after the body, and the body after the credential', async () => {
    const nowhere = policyPath().replace(id, '00000000-0000-4000-8000-000000000000')
    expect(outcome(await put(nowhere, tenant.authorization, '{'))).toEqual([400, 6007])
    expect(outcome(await put(nowhere, tenant.authorization, {}))).toEqual([404, 12135])
    expect(outcome(await put(nowhere, 'Bearer unknown', '{'))).toEqual([401, 10000])
  })
})
