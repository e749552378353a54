import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { time } from '../../../src/testing/der.ts'
import { type Answer, call, post } from '../../support/api.ts'
import { certificate, NOW, pem, root } from '../../support/pki.ts'
import { freshTenant, soundBody } from '../../support/requests.ts'

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

const create = (more: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  post(tenant.accountPath, tenant.authorization, soundBody(more))

describe('the answer to POST certificates', () => {
  it('is the successful envelope with exactly the seven keys', async () => {
    const answer = await create()
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({ result: expect.anything(), success: true, errors: [], messages: [] })
    expect(Object.keys(answer.body.result ?? {})).toEqual([
      'id',
      'name',
      'fingerprint',
      'associated_hostnames',
      'created_at',
      'updated_at',
      'expires_on',
    ])
  })

  it('is JSON in UTF-8 that no proxy may cache', async () => {
    const { headers } = await create()
    expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('gives the record its own UUID v4', async () => {
    const ids = [(await create()).body.result?.['id'], (await create()).body.result?.['id']]
    expect(ids[0]).toMatch(UUID_V4)
    expect(ids[1]).toMatch(UUID_V4)
    expect(ids[0]).not.toBe(ids[1])
  })

  it('has the MD5 of the DER as its fingerprint', async () => {
    const der = certificate()
    const digest = toHex(new Uint8Array(await crypto.subtle.digest('MD5', der))).toUpperCase()
    const md5 = digest.match(/../g)?.join(':')
    const { body } = await create({ certificate: pem(der) })
    expect(body.result?.['fingerprint']).toBe(`MD5 Fingerprint=${md5}`)
    expect(body.result?.['fingerprint']).toMatch(/^MD5 Fingerprint=(?:[0-9A-F]{2}:){15}[0-9A-F]{2}$/)
  })

  it.each([
    ['notAfter in UTCTime', '2031-02-03T04:05:06Z'],
    ['the last second of UTCTime', '2049-12-31T23:59:59Z'],
    ['notAfter in GeneralizedTime', '2050-01-01T00:00:00Z'],
    ['no well-defined expiration (RFC 5280 4.1.2.5)', '9999-12-31T23:59:59Z'],
  ])('says expires_on: %s', async (_, notAfter) => {
    const { body } = await create({ certificate: root({ notAfter: time(notAfter) }) })
    expect(body.result?.['expires_on']).toBe(notAfter)
  })

  it('has the current time as created_at and updated_at', async () => {
    const { body } = await create()
    expect(body.result).toMatchObject({ created_at: '2026-06-01T00:00:00Z', updated_at: '2026-06-01T00:00:00Z' })
    const later = await post(tenant.accountPath, tenant.authorization, soundBody(), { now: NOW + 86_399 })
    expect(later.body.result).toMatchObject({ created_at: '2026-06-01T23:59:59Z', updated_at: '2026-06-01T23:59:59Z' })
  })

  it('never holds the PEM', async () => {
    const sent = root()
    const { text } = await create({ certificate: sent })
    expect(text).not.toContain('CERTIFICATE')
    expect(text).not.toContain(sent.split('\n')[1])
  })
})

describe('POST certificates is served', () => {
  it.each(['accountPath', 'zonePath'] as const)('in the scope of %s, with and without /client/v4', async (scope) => {
    const path = tenant[scope]
    expect(await post(path, tenant.authorization, soundBody())).toMatchObject({ status: 201 })
    const bare = path.replace('/client/v4', '')
    expect(bare).toMatch(/^\/(?:accounts|zones)\//)
    expect(await post(bare, tenant.authorization, soundBody())).toMatchObject({ status: 201 })
  })

  it('with any query', async () => {
    const answer = await post(`${tenant.accountPath}?page=1&method=GET&scope=x`, tenant.authorization, soundBody())
    expect(answer.status).toBe(201)
  })

  it('to the same certificate in two accounts', async () => {
    const other = await freshTenant()
    const body = soundBody()
    expect(await post(tenant.accountPath, tenant.authorization, body)).toMatchObject({ status: 201 })
    expect(await post(other.accountPath, other.authorization, body)).toMatchObject({ status: 201 })
  })

  it('to two certificates of one name', async () => {
    expect(await create({ name: 'twice' })).toMatchObject({ status: 201 })
    expect(await create({ name: 'twice' })).toMatchObject({ status: 201 })
  })

  it('by the Worker as it is deployed', async () => {
    const request = new Request(`https://api.example${tenant.zonePath}`, {
      method: 'POST',
      headers: { authorization: tenant.authorization, 'content-type': 'application/json' },
      body: JSON.stringify(soundBody()),
    })
    const response = await exports.default.fetch(request)
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ success: true, result: { id: expect.stringMatching(UUID_V4) } })
  })
})

describe('POST certificates ignores', () => {
  it.each([
    ['the zero time of cloudflare-go v0', '"expires_on":"0001-01-01T00:00:00Z"'],
    ['an id', '"id":"00000000-0000-4000-8000-000000000000"'],
    ['a fingerprint', '"fingerprint":"MD5 Fingerprint=00"'],
    ['a member of any type and depth', '"x":[{"y":[null,1e400,{"z":true}]}],"":{},"a/b~c":0'],
    ['__proto__', '"__proto__":{"name":"inherited","associated_hostnames":["a.b"]}'],
    ['__proto__ that is not an object', '"__proto__":null'],
    ['constructor and toString', '"constructor":{"prototype":{}},"toString":1,"hasOwnProperty":1'],
  ])('%s', async (_, members) => {
    const text = `{${members},${JSON.stringify(soundBody({ name: 'sent' })).slice(1)}`
    const { status, body } = await post(tenant.accountPath, tenant.authorization, text)
    expect(status).toBe(201)
    expect(body.result).toMatchObject({ name: 'sent', associated_hostnames: [], expires_on: '2035-01-01T00:00:00Z' })
    expect(body.result?.['id']).not.toBe('00000000-0000-4000-8000-000000000000')
  })
})

describe('POST certificates reads a body', () => {
  const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)

  it.each([
    ['of type application/json', 'application/json'],
    ['with a charset', 'application/json; charset=utf-8'],
    ['with a charset and no space', 'application/json;charset=UTF-8'],
    ['of a type in upper case', 'APPLICATION/JSON'],
    ['of a type with blanks', ' application/json ; q=1'],
    ['of no type', undefined],
  ])('%s', async (_, type) => {
    const answer = await call(tenant.accountPath, {
      method: 'POST',
      headers: { authorization: tenant.authorization, ...(type === undefined ? {} : { 'content-type': type }) },
      body: encoded(JSON.stringify(soundBody())),
    })
    expect(answer.status).toBe(201)
  })

  it('that starts with a byte order mark', async () => {
    const answer = await post(tenant.accountPath, tenant.authorization, `\ufeff${JSON.stringify(soundBody())}`)
    expect(answer.status).toBe(201)
  })

  it('with white space around and inside, and with escapes', async () => {
    const text = ` \r\n\t${JSON.stringify(soundBody({ name: 'é' }), null, 2).replace('é', '\\u00e9')}\n `
    const answer = await post(tenant.accountPath, tenant.authorization, text)
    expect(answer.body.result).toMatchObject({ name: 'é' })
  })

  it('that comes in many chunks', async () => {
    const octets = encoded(JSON.stringify(soundBody({ name: '多' })))
    const body = new ReadableStream({
      type: 'bytes',
      start(controller) {
        for (let at = 0; at < octets.length; at += 7) controller.enqueue(octets.slice(at, at + 7))
        controller.close()
      },
    })
    const answer = await call(tenant.accountPath, {
      method: 'POST',
      headers: { authorization: tenant.authorization },
      body,
    })
    expect(answer.body.result).toMatchObject({ name: '多' })
  })
})
