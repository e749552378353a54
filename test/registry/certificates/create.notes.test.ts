import { beforeAll, describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { int, time } from '../../../src/testing/der.ts'
import { type Answer, post } from '../../support/api.ts'
import { type CertificateParts, certificate, NOW, pem, RSA_SHA256, spkiRsa, unremarkable } from '../../support/pki.ts'
import { freshTenant, soundBody } from '../../support/requests.ts'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

/** A root that is remarkable only for the given parts. */
const root = (parts: CertificateParts = {}) => pem(certificate(unremarkable(parts)))

const source = { pointer: '/certificate' }
const expired = (position: number, when: string) => ({
  code: 12901,
  message: `certificate ${position} expired on ${when}`,
  source,
})
const notYetValid = (position: number, when: string) => ({
  code: 12902,
  message: `certificate ${position} is not valid before ${when}`,
  source,
})
const unusableKey = (position: number) => ({
  code: 12903,
  message: expect.stringMatching(new RegExp(`^certificate ${position} has a key \\(RSA 2048\\).*public exponent`)),
  source,
})

const rsa = (exponent: number | bigint) => ({ algorithm: RSA_SHA256, spki: spkiRsa(2048, exponent) })

const negativeSerial = (position: number, serial: string) => ({
  code: 12904,
  message: `certificate ${position} has a negative serial number (${serial}): it is accepted here, but RFC 5280 4.1.2.2 requires a positive one, and clients written in Go refuse it; renew it with a positive one`,
  source,
})

const codes = ({ body }: Answer) => body.messages.map(({ code }) => code)

/** NOW is 2026-06-01T00:00:00Z. */
describe('a certificate is added, with a message that it', () => {
  it.each([
    ['has expired', root({ notAfter: time('2026-05-31T23:59:59Z') }), [expired(1, '2026-05-31T23:59:59Z')]],
    [
      'expired long ago',
      root({ notBefore: time('1951-01-01T00:00:00Z'), notAfter: time('1960-02-29T12:00:00Z') }),
      [expired(1, '1960-02-29T12:00:00Z')],
    ],
    ['is not yet valid', root({ notBefore: time('2026-06-01T00:00:01Z') }), [notYetValid(1, '2026-06-01T00:00:01Z')]],
    ['has RSA exponent 5', root(rsa(5)), [unusableKey(1)]],
    ['has RSA exponent 2^32 + 1', root(rsa(4_294_967_297n)), [unusableKey(1)]],
    [
      'has expired and has an unusable key',
      root({ ...rsa(7), notAfter: time('2025-06-01T00:00:00Z') }),
      [expired(1, '2025-06-01T00:00:00Z'), unusableKey(1)],
    ],
    ['has serial number -1', root({ serial: int(fromHex('ff')) }), [negativeSerial(1, '-01')]],
    ['has a long negative serial number', root({ serial: int(fromHex('ee2b3deb')) }), [negativeSerial(1, '-11d4c215')]],
    [
      'is the second of a chain',
      root() + root({ notAfter: time('2026-01-01T00:00:00Z') }),
      [expired(2, '2026-01-01T00:00:00Z')],
    ],
    [
      'has three certificates, each with its own reason',
      root({ notBefore: time('2030-01-01T00:00:00Z') }) +
        root(rsa(9)) +
        root({ notAfter: time('2026-01-01T00:00:00Z') }),
      [notYetValid(1, '2030-01-01T00:00:00Z'), unusableKey(2), expired(3, '2026-01-01T00:00:00Z')],
    ],
  ])('%s', async (_, sent, messages) => {
    const answer = await post(tenant.accountPath, tenant.authorization, soundBody({ certificate: sent }))
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({ result: expect.anything(), success: true, errors: [], messages })
  })
})

describe('a certificate is added without one of these messages when it', () => {
  it.each([
    ['expires this very second', root({ notAfter: time('2026-06-01T00:00:00Z') })],
    ['is valid from this very second', root({ notBefore: time('2026-06-01T00:00:00Z') })],
    [
      'is valid for this one second',
      root({ notBefore: time('2026-06-01T00:00:00Z'), notAfter: time('2026-06-01T00:00:00Z') }),
    ],
    ['has RSA exponent 65537', root(rsa(65_537))],
    ['has RSA exponent 3', root(rsa(3))],
  ])('%s', async (_, sent) => {
    const answer = await post(tenant.accountPath, tenant.authorization, soundBody({ certificate: sent }))
    expect(answer.status).toBe(201)
    expect(codes(answer)).not.toContainEqual(expect.toBeOneOf([12901, 12902, 12903, 12904]))
  })
})

it('messages follow the time of the request', async () => {
  const sent = (): string => root({ notAfter: time('2026-06-01T00:00:00Z') })
  const at = (now: number) =>
    post(tenant.accountPath, tenant.authorization, soundBody({ certificate: sent() }), { now })
  expect(codes(await at(NOW))).toEqual([12905])
  expect((await at(NOW + 1)).body.messages).toEqual([expired(1, '2026-06-01T00:00:00Z')])
})
