import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call, post } from '../support/api.ts'
import { bare, freshTenant, NOTHING_STORED, soundBody, storedRows } from '../support/requests.ts'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

const refusal = (...errors: readonly { readonly code: number; readonly message: string }[]) => ({
  result: null,
  success: false,
  errors: errors,
  messages: [],
})
const NO_ROUTE = { code: 7000, message: 'No route for that URI' }

const send = async (path: string): Promise<Answer> => {
  const answer = await post(path, tenant.authorization, soundBody())
  expect(await storedRows()).toEqual(NOTHING_STORED)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
  return answer
}

describe('404 7003 and 7000: a malformed id', () => {
  const id = '0123456789abcdef0123456789abcdef'
  it.each([
    ['of 31 digits', id.slice(1)],
    ['of 33 digits', `${id}0`],
    ['in upper case', id.toUpperCase()],
    ['with one digit in upper case', id.replace('f', 'F')],
    ['with a letter beyond f', id.replace('f', 'g')],
    ['with a percent-encoded digit', id.replace('0', '%30')],
    ['that is percent-encoded to 32 characters', `%61${id.slice(3)}`],
    ['with a percent-encoded slash', `${id.slice(1)}%2F`],
    ['with a percent-encoded NUL', `${id}%00`],
    ['with a percent-encoded newline', `${id}%0A`],
    ['that is a UUID', '01234567-89ab-cdef-0123-456789abcdef'],
    ['that is a name', 'example.com'],
    ['that is undefined in JavaScript', 'undefined'],
    ['that is a template', ':account_id'],
    ['with a blank after it', `${id}%20`],
    ['with a dot after it', `${id}.`],
  ])('%s', async (_, bad) => {
    for (const kind of ['accounts', 'zones']) {
      for (const prefix of ['/client/v4', '']) {
        const path = `${prefix}/${kind}/${bad}/access/certificates`
        const answer = await send(path)
        expect(answer.status).toBe(404)
        const routing = `Could not route to ${path}, perhaps your object identifier is invalid?`
        expect(bare(answer.body)).toStrictEqual(refusal({ code: 7003, message: routing }, NO_ROUTE))
      }
    }
  })

  it.each([
    ['that is missing, as the slashes around it are one', '/'],
    ['that is missing with its slash', ''],
  ])('%s', async (_, slash) => {
    for (const path of ['accounts', 'zones'].flatMap((kind) => [`/client/v4/${kind}`, `/${kind}`])) {
      const answer = await send(`${path}${slash}/access/certificates`)
      expect(answer.status).toBe(404)
      const routing = `Could not route to ${path}/access/certificates, perhaps your object identifier is invalid?`
      expect(bare(answer.body)).toStrictEqual(refusal({ code: 7003, message: routing }, NO_ROUTE))
    }
  })

  it('is answered without the query, which may contain a secret', async () => {
    const { text } = await send('/client/v4/accounts/x/access/certificates?token=secret')
    expect(text).not.toContain('secret')
  })

  it('is told without a path in which a private key is', async () => {
    const key = `-----BEGIN PRIVATE KEY-----\nsecret${'A'.repeat(58)}\n-----END PRIVATE KEY-----\n`
    const { status, body } = await send(`/client/v4/accounts/${encodeURIComponent(key)}/access/certificates`)
    expect(status).toBe(404)
    expect(body.errors[0]?.message).toBe(
      'Could not route to (a path with a private key in it), perhaps your object identifier is invalid?',
    )
  })
})

describe('400 7000: no such path', () => {
  const id = '0123456789abcdef0123456789abcdef'
  it.each([
    ['the root', '/'],
    ['nothing after the prefix', '/client/v4'],
    ['another resource', `/client/v4/accounts/${id}/access/apps`],
    ['a path cut short', `/client/v4/accounts/${id}/access`],
    ['a longer word', `/client/v4/accounts/${id}/access/certificatesx`],
    ['another case', `/client/v4/accounts/${id}/access/Certificates`],
    ['another case of the prefix', `/Client/V4/accounts/${id}/access/certificates`],
    ['another scope', `/client/v4/users/${id}/access/certificates`],
    ['a scope cut short', `/client/v4/account/${id}/access/certificates`],
    ['two scopes', `/client/v4/accounts/zones/${id}/access/certificates`],
    ['more after an id', `/client/v4/accounts/${id}/access/certificates/${id}/x`],
    ['another version', `/client/v5/accounts/${id}/access/certificates`],
    ['the prefix twice', `/client/v4/client/v4/accounts/${id}/access/certificates`],
    ['something before the prefix', `/x/client/v4/accounts/${id}/access/certificates`],
    ['no slash after the prefix', `/client/v4accounts/${id}/access/certificates`],
    ['a percent-encoded letter', `/client/v4/accounts/${id}/access/certificate%73`],
    ['a percent-encoded slash', `/client/v4/accounts/${id}/access%2Fcertificates`],
    ['a slash beside a percent-encoded one', `/client/v4/accounts/${id}/access/%2Fcertificates`],
    ['a doubled backslash', `/client/v4/accounts/${id}/access%5C%5Ccertificates`],
    ['a matrix parameter', `/client/v4/accounts/${id}/access/certificates;v=1`],
  ])('%s', async (_, path) => {
    const answer = await send(path)
    expect(answer.status).toBe(400)
    expect(bare(answer.body)).toStrictEqual(refusal(NO_ROUTE))
  })
})

describe('405 10405: another method', () => {
  it.each(['PATCH', 'PUT', 'DELETE', 'OPTIONS'])('%s', async (method) => {
    for (const path of [tenant.accountPath, tenant.zonePath.replace('/client/v4', '')]) {
      const answer = await call(path, {
        method,
        headers: { authorization: tenant.authorization },
        body: JSON.stringify(soundBody()),
      })
      expect(answer.status).toBe(405)
      const message = 'Method not allowed for this authentication scheme'
      expect(bare(answer.body)).toStrictEqual(refusal({ code: 10405, message }))
      expect(answer.headers.get('allow')).toBe('GET, POST')
      expect(await storedRows()).toEqual(NOTHING_STORED)
    }
  })

  it('does not depend on a header or parameter that overrides the method', async () => {
    const answer = await call(`${tenant.accountPath}?_method=POST`, {
      method: 'PATCH',
      headers: { authorization: tenant.authorization, 'x-http-method-override': 'POST' },
      body: JSON.stringify(soundBody()),
    })
    expect(answer.status).toBe(405)
  })
})
