import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { fromHex, toBase64 } from '../../../src/core/bytes.ts'
import { MAX_CRL_BODY_BYTES, MAX_CRL_JSON_BYTES } from '../../../src/registry/crls/api.ts'
import {
  ascii,
  type Bytes,
  bits,
  bytes,
  explicit,
  implicit,
  int,
  octets,
  oid,
  seq,
  time,
  tlv,
} from '../../../src/testing/der.ts'
import {
  basicConstraints,
  extension,
  issuingDistributionPoint,
  keyUsage,
  name,
} from '../../../src/testing/extensions.ts'
import type { Answer } from '../../support/api.ts'
import { type CrlTenant, crlTenant, numbersOf, putCrl } from '../../support/crl.ts'
import { counted, edgePath } from '../../support/edge-routes.ts'
import { add, BAD_IDS, ELSEWHERE, expectNotFound, FORBIDDEN, faults, outcome, remove } from '../../support/family.ts'
import { certificate, ECDSA_SHA256, NOW, pem, root, spkiP256 } from '../../support/pki.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account } from '../../support/tenants.ts'
import { issue } from '../../support/x509/chain.ts'
import { CRL_NUMBER_OID, type CrlParts, issueCrl, issueCrlPem } from '../../support/x509/make-crl.ts'

let tenant: CrlTenant
beforeEach(async () => {
  tenant = await crlTenant()
})

const stored = () =>
  env.DB.prepare(
    `SELECT (SELECT count(*) FROM crls WHERE certificate_id = ?1) AS crls,
      (SELECT count(*) FROM crl_entries WHERE crl_id NOT IN (SELECT id FROM crls)) AS orphans`,
  )
    .bind(tenant.id)
    .first()
const NOTHING = { crls: 0, orphans: 0 }

/** The only fault of a 400: its pointer and its text. */
function fault(answer: Answer) {
  const [found, ...more] = faults(answer)
  expect(more).toEqual([])
  return found
}

const JSON_TYPE = { headers: { 'content-type': 'application/json' } }
const sendJson = (body: unknown) => putCrl(tenant, JSON.stringify(body), JSON_TYPE)

describe('a CRL is refused', () => {
  const delta = extension('2.5.29.27', int(1), true)
  const number = (value: Bytes) => extension(CRL_NUMBER_OID, value)
  it.each<[string, CrlParts, RegExp]>([
    ['with a negative number', { extensions: [number(int(fromHex('ff')))] }, /^is not a well-formed CRL .*cRLNumber/],
    ['that is a delta', { moreExtensions: [delta] }, /^is a delta CRL/],
    [
      'that is one of several parts and does not name its part',
      { moreExtensions: [issuingDistributionPoint([fromHex('a000')])] },
      /^is not a well-formed CRL .*distributionPoint/,
    ],
    ['without nextUpdate', { nextUpdate: null }, /^is not a well-formed CRL .*nextUpdate is missing/],
    ['of tomorrow', { thisUpdate: time('2026-06-02T00:00:00Z') }, /^is not valid before its thisUpdate 2026-06-02T/],
    ['of yesterday', { nextUpdate: time('2026-05-31T23:59:59Z') }, /^is stale since its nextUpdate 2026-05-31T23/],
    ['with its dates reversed', { nextUpdate: time('2026-05-30T00:00:00Z') }, /^is never valid/],
    ['with removeFromCRL', { revoked: [{ serial: 7, reason: 8 }] }, /removeFromCRL for serial number 07/],
    ['with another signature', { breakSignature: true }, /^is not signed by CN=CA .*: the signature does not verify/],
    ['with more octets after it', { after: int(1) }, /^is not a well-formed CRL/],
  ])('%s', async (_, parts, words) => {
    const der = await issueCrl(tenant.ca, parts)
    const [pointer, detail = ''] = fault(await putCrl(tenant, der)) ?? []
    expect(pointer).toBe('')
    expect(detail).toMatch(/^the request body /)
    expect(detail.slice('the request body '.length)).toMatch(words)
    const [member, same] = fault(await sendJson({ crl: toBase64(der) })) ?? []
    expect([member, same]).toEqual(['/crl', detail.replace('the request body', 'crl')])
    expect(await stored()).toEqual(NOTHING)
  })

  it('of another CA with the same name', async () => {
    const namesake = await issue({ subject: tenant.ca.subject })
    const [, detail] = fault(await putCrl(tenant, await issueCrl(namesake))) ?? []
    expect(detail).toMatch(/the signature does not verify$/)
  })

  it('of a CA that may not sign CRLs', async () => {
    const ca = await issue({ cn: 'Signs no CRLs', extensions: [basicConstraints(true), keyUsage(0x04, 2)] })
    const { path } = await add(tenant.accountPath, tenant.authorization, { certificate: pem(ca.der) })
    const answer = await putCrl({ ...tenant, crlPath: `${edgePath(path)}/crl` }, await issueCrl(ca))
    expect(fault(answer)?.[1]).toMatch(/keyUsage lacks cRLSign/)
  })

  it.each<[string, (der: Bytes) => BodyInit, string]>([
    ['an empty body', () => '', 'must be a CRL in PEM or DER, and is empty'],
    ['words', () => 'x', 'must be a CRL in PEM or DER: it has no -----BEGIN X509 CRL----- line'],
    [
      'JSON without its type',
      (der) => JSON.stringify({ crl: toBase64(der) }),
      'must be a CRL in PEM or DER: it looks like JSON',
    ],
    ['a page', () => '<!doctype html><title>Log in</title>', 'must be a CRL in PEM or DER: it is HTML or XML'],
    ["a file's name", () => '@ca.crl', 'must be a CRL in PEM or DER: it looks like the name of a file; curl sends'],
    ['PEM in base64', (der) => toBase64(ascii(pem(der, 'X509 CRL'))), 'is encoded twice: its base64 decodes to PEM'],
    ['DER of a certificate', () => certificate(), 'is a certificate, not a CRL'],
    [
      'DER of a request',
      () => seq(seq(int(0), name('x'.repeat(60)), spkiP256(), implicit(0, [])), ECDSA_SHA256, bits(new Uint8Array(1))),
      'is a certificate signing',
    ],
    [
      'DER of PKCS #7',
      () => seq(oid('1.2.840.113549.1.7.2'), explicit(0, octets(new Uint8Array(128)))),
      'is PKCS #7, not a CRL',
    ],
    [
      'DER of PKCS #12',
      () => seq(int(3), seq(oid('1.2.840.113549.1.7.1'), explicit(0, octets(new Uint8Array(128))))),
      'holds a private key: never send one',
    ],
    ['DER of a private key', () => seq(int(0), octets(new Uint8Array(128))), 'holds a private key: never send one'],
    ['an OCSP response', () => seq(tlv(0x0a, [0]), octets(new Uint8Array(128))), 'is an OCSP response, not a CRL'],
    ['a certificate', () => root(), 'holds certificates and no CRL: the CA that issues them issues the CRL'],
    [
      'a request',
      (der) => pem(der, 'CERTIFICATE REQUEST'),
      'has a PEM block of another kind at line 1 (CERTIFICATE REQUEST): only X509 CRL, and CERTIFICATE for its CAs,',
    ],
    ['a label of markup', (der) => pem(der, '<b>x</b>'), 'has a PEM block of another kind at line 1 (bxb): only'],
    ['17 CRLs', (der) => pem(der, 'X509 CRL').repeat(17), 'has more than 16 CRLs: send them in several requests'],
    ['half of a PEM', (der) => pem(der, 'X509 CRL').slice(0, 100), 'has a BEGIN line at line 1 without its END line'],
    ['half of a DER', (der) => der.subarray(0, der.length - 1), 'is not a well-formed CRL'],
    ['a private key', () => pem(int(1), 'EC PRIVATE KEY'), 'holds a private key: never send one'],
  ])('that is %s', async (_, bodyOf, words) => {
    const answer = await putCrl(tenant, bodyOf(await issueCrl(tenant.ca)))
    expect(fault(answer)?.[1]).toContain(`the request body ${words}`)
    expect(await stored()).toEqual(NOTHING)
  })

  it.each<[unknown, string, string]>([
    [{}, '/crl', 'crl is required'],
    [{ crl: null }, '/crl', 'crl must be a string, not null'],
    [{ crl: '' }, '/crl', 'crl must be a CRL in PEM or DER, and is empty'],
    [{ crl: '\ud800' }, '/crl', 'crl has half of a surrogate pair: send well-formed Unicode'],
    [['x'], '', 'the request body must be a JSON object, not an array'],
  ])('in JSON: %j', async (body, pointer, words) => {
    expect(fault(await sendJson(body))).toEqual([pointer, words])
    expect(await stored()).toEqual(NOTHING)
  })

  it('in JSON with a private key beside it, or in its place', async () => {
    const crl = await issueCrlPem(tenant.ca)
    const key = pem(seq(int(0)), 'PRIVATE KEY')
    expect(fault(await sendJson({ crl, key }))?.[0]).toBe('/key')
    expect(fault(await sendJson({ crl: key }))).toEqual(['/crl', expect.stringMatching(/^crl holds a private key/)])
    expect(await stored()).toEqual(NOTHING)
  })

  it('in malformed JSON', async () => {
    expect(outcome(await putCrl(tenant, '{', JSON_TYPE))).toEqual([400, 6007])
  })
})

describe('413', () => {
  /** A body that is made while it is read, with the number of bytes that were made. */
  function stream(size: number) {
    const piece = new Uint8Array(1024 * 1024)
    const state = { read: 0 }
    const body = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const next = Math.min(piece.length, size - state.read)
        if (next === 0) return controller.close()
        state.read += next
        // A copy, since a stream of bytes takes over its buffer.
        controller.enqueue(piece.slice(0, next))
      },
    })
    return { body, state }
  }

  it.each([
    ['as it is', MAX_CRL_BODY_BYTES, {}],
    ['as JSON', MAX_CRL_JSON_BYTES, JSON_TYPE],
  ])('one byte past the limit, %s; not at it', async (_, limit, options) => {
    const past = stream(limit + 1)
    expect(outcome(await putCrl(tenant, past.body, options))).toEqual([413, 6008])
    const at = stream(limit)
    expect((await putCrl(tenant, at.body, options)).status).toBe(400)
    expect(at.state.read).toBe(limit)
  })

  it('by Content-Length, without reading', async () => {
    const { body, state } = stream(2 ** 30)
    const headers = { 'content-length': String(MAX_CRL_BODY_BYTES + 1) }
    expect(outcome(await putCrl(tenant, body, { headers }))).toEqual([413, 6008])
    expect(state.read).toBeLessThan(3 * 1024 * 1024)
  })

  it.each([
    ['says less than comes', '1'],
    ['says nothing of sense', 'x'],
    ['says nothing', '-1'],
  ])('by the bytes that arrive, if Content-Length %s', async (_, length) => {
    const headers = { 'content-length': length }
    expect(outcome(await putCrl(tenant, stream(MAX_CRL_BODY_BYTES + 1).body, { headers }))).toEqual([413, 6008])
    expect((await putCrl(tenant, bytes(await issueCrl(tenant.ca)), { headers })).status).toBe(200)
  })
})

describe('a request without permission', () => {
  /** A body that must not be read. */
  function untouched() {
    const state = { pulled: 0 }
    const body = new ReadableStream(
      {
        type: 'bytes',
        pull(controller) {
          state.pulled += 1
          controller.enqueue(ascii('x'))
        },
      },
      { highWaterMark: 0 },
    )
    return { body, state }
  }

  it.each<[string, (t: CrlTenant) => Promise<string>, readonly number[]]>([
    ['an unknown token', async () => 'Bearer unknown', [401, 10000]],
    ['an expired token', (t) => freshToken([account(t.accountId)], { expiresOn: 1 }), [401, 10000]],
    ['a token without a grant', () => freshToken([]), FORBIDDEN],
    ['a token that may read', (t) => freshToken([account(t.accountId, 'read')]), FORBIDDEN],
    ["another account's token", async () => (await freshTenant()).authorization, FORBIDDEN],
  ])('is refused in one batch, before the body is read: %s', async (_, tokenFor, expected) => {
    const authorization = await tokenFor(tenant)
    const { body, state } = untouched()
    expect(outcome(await putCrl({ ...tenant, authorization }, body))).toEqual(expected)
    expect(state.pulled).toBe(0)
    const der = await issueCrl(tenant.ca)
    const sent = await counted((options) => putCrl({ ...tenant, authorization }, der, options))
    expect(sent).toEqual({ status: expected[0], calls: ['batch'] })
    expect(await stored()).toEqual(NOTHING)
  })

  it('is refused the same if Access is off', async () => {
    await env.DB.prepare('UPDATE accounts SET enabled = 0 WHERE id = ?1').bind(tenant.accountId).run()
    const { body, state } = untouched()
    expect(outcome(await putCrl(tenant, body))).toEqual([403, 9999])
    expect(state.pulled).toBe(0)
  })

  it.each(ELSEWHERE)('is refused the same for a record that %s', async (_, pathFor) => {
    const crlPath = `${edgePath(await pathFor(tenant, await freshTenant()))}/crl`
    const { body, state } = untouched()
    expectNotFound(await putCrl({ ...tenant, crlPath }, body))
    expect(state.pulled).toBe(0)
  })

  it.each(BAD_IDS.filter(([, id]) => !/^settings/i.test(id)))(
    'is refused without a call to the database for an id %s',
    async (_, id) => {
      const crlPath = `${edgePath(`${tenant.accountPath}/${id}`)}/crl`
      const sent = await counted((options) => putCrl({ ...tenant, crlPath }, 'x', options))
      expect(sent).toEqual({ status: 404, calls: [] })
    },
  )
})

describe('DELETE is refused', () => {
  const FINGERPRINT = 'ca_fingerprint_sha256 must be 64 hexadecimal digits, given once'
  it.each([
    ['nothing', 'ca_fingerprint_sha256='],
    ['63 digits', `ca_fingerprint_sha256=${'a'.repeat(63)}`],
    ['65 digits', `ca_fingerprint_sha256=${'a'.repeat(65)}`],
    ['another letter', `ca_fingerprint_sha256=${'g'.repeat(64)}`],
    ['two', `ca_fingerprint_sha256=${'a'.repeat(64)}&ca_fingerprint_sha256=${'b'.repeat(64)}`],
  ])('with a fingerprint that is %s, and deletes nothing', async (_, query) => {
    await putCrl(tenant, await issueCrl(tenant.ca))
    expect(fault(await remove(`${tenant.crlPath}?${query}`, tenant.authorization))).toEqual([undefined, FINGERPRINT])
    expect(await numbersOf(tenant)).toEqual(['1'])
  })

  it('after the credential and the record', async () => {
    const path = `${tenant.crlPath}?ca_fingerprint_sha256=x`
    expect(outcome(await remove(path, 'Bearer unknown'))).toEqual([401, 10000])
    const nowhere = path.replace(tenant.id, '00000000-0000-4000-8000-000000000000')
    expect(outcome(await remove(nowhere, tenant.authorization))).toEqual([404, 12135])
  })

  it('with a read permission', async () => {
    await putCrl(tenant, await issueCrl(tenant.ca))
    const token = await freshToken([account(tenant.accountId, 'read')])
    expect(outcome(await remove(tenant.crlPath, token))).toEqual(FORBIDDEN)
    expect(await numbersOf(tenant)).toEqual(['1'])
  })
})

it('a CRL is refused one second before thisUpdate, and one second after nextUpdate', async () => {
  const der = await issueCrl(tenant.ca)
  const [from, to] = ['2026-05-31T00:00:00Z', '2026-07-01T00:00:00Z'].map((iso) => Date.parse(iso) / 1000)
  if (from === undefined || to === undefined) throw new Error('two dates')
  expect(NOW).toBeGreaterThan(from)
  expect((await putCrl(tenant, der, { now: from - 1 })).status).toBe(400)
  expect((await putCrl(tenant, der, { now: to + 1 })).status).toBe(400)
  expect((await putCrl(tenant, der, { now: from })).status).toBe(200)
})
