import { beforeAll, describe, expect, it } from 'vitest'
import { client, setUp, tlsClientAuth } from '../support/protected.ts'
import { issue } from '../support/x509/chain.ts'

describe('a refusal', () => {
  let gateway: Awaited<ReturnType<typeof setUp>>
  beforeAll(async () => {
    gateway = await setUp('answers.example')
  })

  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
    ['text/html', 'text/html; charset=utf-8'],
    ['TEXT/HTML; q=0.5', 'text/html; charset=utf-8'],
    ['text/html;q=0', 'application/json'],
    ['application/json, text/html;q=0.9', 'application/json'],
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['text/html;q=x', 'application/json'],
  ])('to a client that accepts %j is %s', async (accept, contentType) => {
    const answer = await gateway.send({ headers: { accept } })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, contentType])
    expect(await answer.text()).toContain(answer.headers.get('access-mtls-reference') ?? 'none')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/)
  })

  it('has the reason only if EXPLAIN is true', async () => {
    const foreign = await client(await issue({ cn: 'stranger' }))
    const auth = tlsClientAuth(foreign)
    const silent = await (await gateway.send({ auth })).text()
    expect(silent).not.toContain('issuer')
    const explained = await (await gateway.send({ auth, env: { EXPLAIN: 'true' } })).text()
    // Field names as in the rest of the API.
    expect(explained).not.toMatch(/"[a-z0-9]+[A-Z]\w*":/)
    expect(JSON.parse(explained)).toMatchObject({
      status_code: 403,
      reason: {
        code: 'no_issuer',
        message: expect.any(String),
        suggestion: expect.any(String),
        section: expect.any(String),
      },
    })
  })

  it('is safe to show, whatever a certificate contains', async () => {
    const foreign = await client(await issue({ cn: '<script>alert(1)</script>' }), { cn: '"><img src=x>' })
    const page = await gateway.send({
      auth: tlsClientAuth(foreign),
      headers: { accept: 'text/html' },
      env: { EXPLAIN: 'true' },
    })
    const html = await page.text()
    expect(html).toContain('&lt;script')
    expect(html).not.toMatch(/<script|<img/)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it.each([
    [{ UNPROTECTED: 'yes' }],
    [{ UNPROTECTED: '' }],
    [{ EXPLAIN: 'True' }],
    [{ ORIGIN: 'ftp://x.example' }],
    [{ ORIGIN: 'https://x.example/path' }],
    [{ ORIGIN: 'x.example' }],
    [{ ORIGIN: 'https://user:password@x.example' }],
    [{ ORIGIN: 'https://x.example/#fragment' }],
    [{ ORIGIN: 'https://x.example/?' }],
    [{ ORIGIN: 'http://x.example' }],
    [{ ORIGIN: 'http://x.example', INSECURE_ORIGIN: 'refuse' }],
    [{ INSECURE_ORIGIN: 'true' }],
    [{ TRUST_MAX_AGE_SECONDS: '-1' }],
    [{ TRUST_MAX_AGE_SECONDS: '' }],
    [{ TRUST_MAX_AGE_SECONDS: '1.5' }],
    [{ TRUST_MAX_AGE_SECONDS: '301' }],
    [{ TRUST_MAX_AGE_SECONDS: '31536000' }],
    [{ TRUST_MAX_AGE_SECONDS: '9'.repeat(400) }],
    [{ TRUST_STALE_IF_ERROR_SECONDS: '-1' }],
    [{ TRUST_STALE_IF_ERROR_SECONDS: 'yes' }],
    [{ TRUST_STALE_IF_ERROR_SECONDS: '86401' }],
    [{ TRUST_READS: 'any' }],
    [{ DB: undefined }],
  ])('is the fixed 500 for a malformed setting: %j', async (wrong) => {
    const { root, send, behind, log } = gateway
    const before = behind.requests.length
    const answer = await send({ auth: tlsClientAuth(await client(root)), env: wrong as object })
    const reference = answer.headers.get('access-mtls-reference')
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { message: expect.any(String), status_code: 500, reference },
    ])
    expect(log.at(-1)).toMatchObject({
      event: 'internal_error',
      reference,
      cause: expect.stringContaining(Object.keys(wrong)[0] ?? ''),
    })
    expect(behind.requests).toHaveLength(before)
  })

  it.each([
    [{ ORIGIN: 'http://x.example' }, /unencrypted.* INSECURE_ORIGIN to "allow"/],
    [{ TRUST_MAX_AGE_SECONDS: '301' }, /TRUST_MAX_AGE_SECONDS must be .* from 0 to 300/],
  ])('says in the log what to write instead of %j', async (wrong, words) => {
    const { send, log } = gateway
    expect((await send({ env: wrong })).status).toBe(500)
    expect(log.at(-1)).toMatchObject({ event: 'internal_error', cause: expect.stringMatching(words) })
  })

  it.each([
    [{ INSECURE_ORIGIN: 'allow' }],
    [{ INSECURE_ORIGIN: 'refuse' }],
    [{ TRUST_MAX_AGE_SECONDS: '0' }],
    [{ TRUST_MAX_AGE_SECONDS: '300' }],
    [{ TRUST_STALE_IF_ERROR_SECONDS: '0' }],
    [{ TRUST_STALE_IF_ERROR_SECONDS: '86400' }],
    [{ TRUST_READS: 'primary' }],
    [{ TRUST_READS: 'replica' }],
  ])('is not caused by %j', async (sound) => {
    const { root, send } = gateway
    expect((await send({ auth: tlsClientAuth(await client(root)), env: sound })).status).toBe(200)
  })
})
