import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LogEntry } from '../../src/core/log.ts'
import { BODY_STALL_SECONDS } from '../../src/web/octets.ts'
import { type Answer, call, post } from '../support/api.ts'
import { edgeOf, edgePath } from '../support/edge-routes.ts'
import { add } from '../support/family.ts'
import { bare, freshTenant, soundBody, storedRows } from '../support/requests.ts'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

let before: unknown
beforeEach(async () => {
  before = await storedRows()
})
afterEach(async () => {
  expect(await storedRows()).toEqual(before)
})

const send = (body: BodyInit, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  call(tenant.accountPath, { method: 'POST', headers: { authorization: tenant.authorization, ...headers }, body })

const json = { 'content-type': 'application/json' }
const octets = (...parts: readonly number[]): Uint8Array => Uint8Array.from(parts)
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

function expectRefused(answer: Answer, status: number, error: object): void {
  expect(answer.status).toBe(status)
  expect(bare(answer.body)).toStrictEqual({ result: null, success: false, errors: [error], messages: [] })
}

describe('400 6007: a body that is not JSON', () => {
  /** The real service's message, then where and why (`json-fault.test.ts`). */
  const malformed = { code: 6007, message: expect.stringMatching(/^Malformed JSON in request body: \S/) }
  const sound = JSON.stringify(soundBody())

  it.each<[string, BodyInit]>([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['a byte order mark alone', '\ufeff'],
    ['two byte order marks', `\ufeff\ufeff${sound}`],
    ['cut short', sound.slice(0, -1)],
    ['something after it', `${sound}x`],
    ['two documents', `${sound}\n${sound}`],
    ['single quotes', "{'name': 'x'}"],
    ['a comma too many', '{"name": "x",}'],
    ['a comment', `/* x */${sound}`],
    ['NaN', '{"name": NaN}'],
    ['a newline inside a string, as a PEM pasted into JSON has', '{"certificate": "-----BEGIN CERTIFICATE-----\nMI"}'],
    ['a PEM alone', String(soundBody()['certificate'])],
    ['a form', 'name=x&certificate=y'],
    ['an octet that is not UTF-8', octets(0x22, 0xff, 0x22)],
    ['a surrogate in UTF-8', octets(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['an overlong form', octets(0x22, 0xc0, 0xaf, 0x22)],
    ['UTF-16', octets(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00)],
    ['a NUL after it', `${sound}\u0000`],
    ['100,000 open brackets', '['.repeat(100_000)],
  ])('%s', async (_, body) => {
    expectRefused(await send(body, json), 400, malformed)
  })

  it('a multipart type without a boundary, and a text that is not JSON', async () => {
    expectRefused(await send('x', { 'content-type': 'multipart/form-data' }), 400, malformed)
  })

  it.each([
    ['whose boundary is another', 'multipart/form-data; boundary=a', '--b\r\n\r\nx\r\n--b--\r\n'],
    ['that is cut short', 'multipart/form-data; boundary=a', '--a\r\nContent-Disposition: form-data; name="name"\r\n'],
    ['that is JSON', 'multipart/form-data; boundary=a', sound],
  ])('a multipart form %s', async (_, type, body) => {
    const message = expect.stringMatching(/: the form is malformed: write it with curl -F, or send JSON$/)
    expectRefused(await send(body, { 'content-type': type }), 400, { ...malformed, message })
  })

  it.each<[string, BodyInit, string]>([
    [
      'a raw line end',
      '{"certificate": "-----BEGIN\nMI"}',
      'line 1, column 28: a line end within a string: write it as \\n',
    ],
    ['single quotes', "{'name': 'x'}", 'line 1, column 2: single quotes'],
    ['a trailing comma', '{\n"name": "x",\n}', 'line 2, column 12: a comma before a closing brace'],
    ['nothing', '', 'the body is empty: send a JSON object'],
    ['UTF-16', octets(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00), 'it is UTF-16'],
    ['no UTF-8', octets(0x22, 0xff, 0x22), 'it is not UTF-8'],
  ])('%s: says where and why', async (_, body, detail) => {
    const { body: answered } = await send(body, json)
    expect(answered.errors[0]?.message).toContain(`Malformed JSON in request body: ${detail}`)
  })

  it('says nothing of what was in it', async () => {
    const log: LogEntry[] = []
    const answer = await post(tenant.accountPath, tenant.authorization, '{"certificate": "s3cret', { log })
    expectRefused(answer, 400, malformed)
    expect(answer.text).not.toContain('s3cret')
    expect(log).toMatchObject([{ level: 'info', code: 6007 }])
    expect(JSON.stringify(log)).not.toContain('s3cret')
  })
})

describe('400 6003 6105: a body of another type', () => {
  const VALID = 'Invalid Content-Type header, valid values are application/json,multipart/form-data'
  it.each([
    ['text', 'text/plain'],
    ['text with a charset', 'text/plain;charset=UTF-8'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a patch', 'application/json-patch+json'],
    ['a type that has JSON in it', 'application/problem+json'],
    ['a type that begins alike', 'application/jsonx'],
    ['text/json', 'text/json'],
    ['a PEM', 'application/x-pem-file'],
    ['two types', 'application/json, text/plain'],
    ['the type as a parameter', 'text/plain; application/json'],
    ['any type', '*/*'],
  ])('%s', async (_, type) => {
    const why = type.endsWith('urlencoded') ? 'curl -d sends a form unless told otherwise: ' : ''
    const advice = `${why}send the header Content-Type: application/json (curl -H 'Content-Type: application/json')`
    expectRefused(await send(JSON.stringify(soundBody()), { 'content-type': type }), 400, {
      code: 6003,
      message: 'Invalid request headers',
      error_chain: [{ code: 6105, message: `${VALID}: ${advice}` }],
    })
  })
})

describe('413 6008: a body of more than 256 KiB', () => {
  const LIMIT = 256 * 1024
  const tooLarge = { code: 6008, message: 'Request body is too large' }
  /** A body of this many bytes. It lacks a certificate, so 400 shows that it was read. */
  const ofBytes = (bytes: number): string => `{"name":"x","filler":"${'y'.repeat(bytes - 24)}"}`
  const stream = (text: string, chunkBytes = 4096): ReadableStream => {
    const all = utf8(text)
    let at = 0
    return new ReadableStream({
      // The same kind of stream as the body of a request.
      type: 'bytes',
      pull(controller) {
        if (at >= all.length) return controller.close()
        controller.enqueue(all.slice(at, at + chunkBytes))
        at += chunkBytes
      },
    })
  }

  it('ofBytes makes the right size', () => {
    expect(utf8(ofBytes(LIMIT))).toHaveLength(262_144)
  })

  it.each<[string, (text: string) => Promise<Answer>]>([
    ['with Content-Length', (text) => send(text, { ...json, 'content-length': String(utf8(text).length) })],
    ['streamed, without Content-Length', (text) => send(stream(text), json)],
    ['streamed in one chunk', (text) => send(stream(text, 1_000_000), json)],
    ['streamed byte by byte at the end', (text) => send(stream(text, LIMIT - 1), json)],
    [
      'streamed, with a Content-Length that is too small',
      (text) => send(stream(text), { ...json, 'content-length': '2' }),
    ],
    [
      'streamed, with a Content-Length that is not a number',
      (text) => send(stream(text), { ...json, 'content-length': 'x' }),
    ],
  ])('%s: one byte decides', async (_, sendText) => {
    expectRefused(await sendText(ofBytes(LIMIT + 1)), 413, tooLarge)
    const atTheLimit = await sendText(ofBytes(LIMIT))
    expect(atTheLimit).toMatchObject({ status: 400, body: { errors: [{ code: 12130 }] } })
    expect(atTheLimit.body.errors).toHaveLength(1)
  })

  it('by its Content-Length only', async () => {
    expectRefused(await send('{}', { ...json, 'content-length': String(LIMIT + 1) }), 413, tooLarge)
  })

  it('in bytes, not characters', async () => {
    expectRefused(await send(`"${'é'.repeat(LIMIT / 2)}"`, json), 413, tooLarge)
  })

  it('that is a megabyte and not JSON', async () => {
    expectRefused(await send(stream('x'.repeat(1_048_576)), json), 413, tooLarge)
  })
})

describe('408 6009: a body that does not arrive', () => {
  let certificate = ''
  beforeAll(async () => {
    certificate = (await add(tenant.accountPath, tenant.authorization)).path
    // Only the timers of a body are faked; the database uses real time.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterAll(() => {
    vi.useRealTimers()
  })

  const octetsOnly = { 'content-type': 'application/pkix-crl' }

  it.each<[string, string, () => string, Readonly<Record<string, string>>]>([
    ['a certificate', 'POST', () => tenant.accountPath, json],
    ['an update', 'PUT', () => certificate, json],
    ['settings', 'PUT', () => `${tenant.accountPath}/settings`, json],
    ['a mode', 'PUT', () => `${edgeOf('accounts', tenant.accountId)}/hostnames/a.${tenant.domain}`, json],
    ['a client to verify', 'POST', () => `${edgeOf('accounts', tenant.accountId)}/verify`, json],
    ['a revocation policy', 'PUT', () => `${edgePath(certificate)}/revocation`, json],
    ['a CRL', 'PUT', () => `${edgePath(certificate)}/crl`, octetsOnly],
    ['a CRL in JSON', 'PUT', () => `${edgePath(certificate)}/crl`, json],
  ])('%s', async (_, method, path, type) => {
    let cancelled = false
    let begun = () => {}
    const begins = new Promise<void>((resolve) => {
      begun = resolve
    })
    const body = new ReadableStream({
      type: 'bytes',
      pull() {
        begun()
        return new Promise<void>(() => undefined)
      },
      cancel() {
        cancelled = true
      },
    })
    const log: LogEntry[] = []
    const headers = { authorization: tenant.authorization, ...type }
    const answering = call(path(), { method, headers, body, log })
    await begins
    expect(cancelled).toBe(false)
    await vi.advanceTimersByTimeAsync(1_000 * BODY_STALL_SECONDS)
    const answer = await answering
    const message = 'Request body is incomplete: nothing of it arrived for 60 seconds: send it again'
    expectRefused(answer, 408, { code: 6009, message })
    expect([cancelled, vi.getTimerCount(), log.map(({ level }) => level)]).toEqual([true, 0, ['info']])
  })
})
