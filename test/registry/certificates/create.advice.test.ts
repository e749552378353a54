import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { nul, oid, seq, time } from '../../../src/testing/der.ts'
import { basicConstraints, extKeyUsage, keyUsage, name } from '../../../src/testing/extensions.ts'
import { post } from '../../support/api.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { add, siblingZone, type Tenant } from '../../support/family.ts'
import { type CertificateParts, certificate, freshKey, NOW, pem, unremarkable } from '../../support/pki.ts'
import { freshTenant, freshToken, soundBody } from '../../support/requests.ts'
import { zone } from '../../support/tenants.ts'

/** Advice on certificates that are accepted: one message for each kind, which names the certificates. */

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 1_000 })
})

/** A root that is remarkable only for the given parts. */
const root = (parts: CertificateParts = {}) => pem(certificate(unremarkable(parts)))
/** A CA by name and its issuer's name. */
const ca = (subject: string, issuer: string, parts: CertificateParts = {}) =>
  root({ subject: name(subject), issuer: name(issuer), ...parts })

/** The messages about an upload, which is accepted, as code and text. */
async function advice(
  sent: string,
  { path = tenant.accountPath, authorization = tenant.authorization, now = NOW } = {},
) {
  const answer = await post(path, authorization, soundBody({ certificate: sent }), { now })
  expect(answer.status).toBe(201)
  for (const { source } of answer.body.messages) expect(source).toEqual({ pointer: '/certificate' })
  return answer.body.messages.map(({ code, message }) => [code, message] as const)
}

const KEY_CERT_SIGN = keyUsage(0x04, 2)
const SHA1_RSA = seq(oid('1.2.840.113549.1.1.5'), nul())
const SHA1_ECDSA = seq(oid('1.2.840.10045.4.1'))
/** The key of ISRG Root X2, a public web root. */
const PUBLIC_KEY = Uint8Array.fromBase64(
  'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEzZvVn4CDCuwJSvMWSj5cz3es3mcFDR0HttwW+1qLFNvicWDEukWVEYmO6gbf9yoWHKS5xcUy4APgHoIYOIvXRdgKam7mAHf7AlF9ItgKbppbd9/w+kHsOdx1ymgHDB/q',
)

const inDays = (days: number) => time(new Date((NOW + days * 86_400) * 1_000).toISOString().replace('.000Z', 'Z'))

describe('one message about', () => {
  it.each<[string, () => string, number, RegExp]>([
    [
      '90 days left',
      () => root({ notAfter: inDays(90) }),
      12905,
      /^certificate 1 expires on 2026-08-30T00:00:00Z, in 90 days: /,
    ],
    [
      'a day left',
      () => root({ notAfter: inDays(1) }),
      12905,
      /^certificate 1 expires on 2026-06-02T00:00:00Z, in 1 day: /,
    ],
    ['the last second', () => root({ notAfter: inDays(0) }), 12905, /in less than a day: add its successor/],
    [
      'two of three',
      () =>
        root({ notAfter: inDays(40) }) +
        ca('x', 'Test Root', { notAfter: inDays(40) }) +
        root({ notAfter: inDays(40) }),
      12905,
      /^certificate 1 expires on 2026-07-11T00:00:00Z, in 40 days, certificate 2 expires on .*, certificate 3 expires on [^:]*:00:00Z, in 40 days: add/,
    ],
    [
      'SHA-1 with RSA',
      () => root({ algorithm: SHA1_RSA }),
      12906,
      /^certificate 1 is signed with SHA-1 \(sha1WithRSAEncryption\), which is not checked on an anchor: /,
    ],
    [
      'SHA-1 with ECDSA',
      () => ca('Sub', 'Test Root', { algorithm: SHA1_ECDSA }) + root(),
      12906,
      /^certificate 1 is signed with SHA-1 \(ecdsa-with-SHA1\), so no path over it/,
    ],
    [
      'no keyUsage',
      () => root({ extensions: [basicConstraints(true, 0)] }),
      12907,
      /^certificate 1 has no keyUsage: .*RFC 5280 4\.2\.1\.3/,
    ],
    [
      'no pathLenConstraint',
      () => root({ extensions: [basicConstraints(true), KEY_CERT_SIGN] }),
      12908,
      /^certificate 1 has no pathLenConstraint: /,
    ],
    [
      'extKeyUsage for servers',
      () => root({ extensions: [basicConstraints(true, 0), KEY_CERT_SIGN, extKeyUsage('1.3.6.1.5.5.7.3.1', '1.2.3')] }),
      12909,
      /^certificate 1 has extKeyUsage without clientAuth \(serverAuth, 1\.2\.3\): /,
    ],
    [
      'a root before its CA',
      () => root({ subject: name('Top') }) + ca('Low', 'Top'),
      12910,
      /^certificate 2 stands after its issuer, certificate 1: /,
    ],
    [
      'no root',
      () => ca('Low', 'Middle') + ca('Middle', 'Top'),
      12911,
      /^certificate 2 is where paths end, although another CA issued it: /,
    ],
    ['a public web root', () => root({ spki: PUBLIC_KEY }), 12913, /^certificate 1 has the key of a public web root: /],
    [
      'the second of three that expires before the first',
      () =>
        root({ notAfter: time('2035-01-01T00:00:00Z') }) + root({ notAfter: time('2030-01-01T00:00:00Z') }) + root(),
      12942,
      /^certificate 2 expires on 2030-01-01T00:00:00Z, before certificate 1 \(2035-01-01T00:00:00Z\), whose date/,
    ],
    [
      'two of three that expire before the first',
      () =>
        root() + root({ notAfter: time('2030-01-01T00:00:00Z') }) + root({ notAfter: time('2031-01-01T00:00:00Z') }),
      12942,
      /^certificate 2 expires on 2030-.*, certificate 3 expires on 2031-.*: from then on/,
    ],
    [
      'another root that outlives the first',
      () => root({ notAfter: time('2030-01-01T00:00:00Z') }) + root(),
      12945,
      /^certificate 2 expires on 2035-01-01T00:00:00Z, after certificate 1 \(2030-01-01T00:00:00Z\), whose date/,
    ],
  ])('%s', async (_, sent, code, message) => {
    expect(await advice(sent())).toEqual([[code, expect.stringMatching(message)]])
  })
})

describe('no message about', () => {
  it.each<[string, () => string]>([
    ['more than 90 days left', () => root({ notAfter: time('2026-08-30T00:00:01Z') })],
    [
      'no pathLenConstraint above another CA',
      () => ca('Low', 'Top') + root({ subject: name('Top'), extensions: [basicConstraints(true), KEY_CERT_SIGN] }),
    ],
    [
      'extKeyUsage with clientAuth',
      () => root({ extensions: [basicConstraints(true, 0), KEY_CERT_SIGN, extKeyUsage('1.3.6.1.5.5.7.3.2')] }),
    ],
    [
      'extKeyUsage for any purpose',
      () => root({ extensions: [basicConstraints(true, 0), KEY_CERT_SIGN, extKeyUsage('2.5.29.37.0')] }),
    ],
    [
      'a chain in order, whose root outlives it',
      () => ca('Low', 'Top', { notAfter: time('2030-01-01T00:00:00Z') }) + root({ subject: name('Top') }),
    ],
    ['several roots', () => root() + root()],
    [
      'the same key twice in one upload',
      () => {
        const spki = freshKey()
        return root({ spki }) + root({ spki })
      },
    ],
  ])('%s', async (_, sent) => {
    expect(await advice(sent())).toEqual([])
  })

  it('what expires before the first, if it has expired', async () => {
    const sent = root() + root({ notAfter: time('2026-01-01T00:00:00Z') })
    expect((await advice(sent)).map(([code]) => code)).toEqual([12901])
  })
})

describe('the same key under other records', () => {
  it('names up to three of them, and counts the others', async () => {
    const own = await freshTenant({ certificateQuota: 20 })
    const to = { path: own.accountPath, authorization: own.authorization }
    const spki = freshKey()
    const ids: string[] = []
    const addOne = async () => {
      const answer = await post(own.accountPath, own.authorization, soundBody({ certificate: root() + root({ spki }) }))
      ids.push(String(answer.body.result?.['id']))
      return answer.body.messages.map(({ message }) => message)
    }
    const named = () => ids.toSorted().slice(0, 3).join(', ')
    expect(await addOne()).toEqual([])
    expect(await addOne()).toEqual([
      expect.stringContaining(`certificate 2 has the same key as record ${ids[0]}: clients`),
    ])
    await addOne()
    const three = named()
    expect(await addOne()).toEqual([expect.stringContaining(`as records ${three}: clients`)])
    await addOne()
    const ofFive = named()
    expect(await addOne()).toEqual([expect.stringContaining(`as records ${ofFive} and 2 more of the account: clients`)])
    for (let i = ids.length; i < 12; i += 1) await addOne()
    // Ten are looked at.
    expect((await advice(root() + root({ spki }), to))[0]?.[1]).toContain('and 7 more of the account: clients')
  })

  it('of another zone are counted for a zone, and named for the account; another account is not looked at', async () => {
    const own = await freshTenant()
    const other = await siblingZone(own)
    const spki = freshKey()
    const { id } = await add(own.zonePath, own.authorization, { certificate: root({ spki }) })
    const stranger = await freshTenant()
    expect(await advice(root({ spki }), { path: stranger.accountPath, authorization: stranger.authorization })).toEqual(
      [],
    )
    const authorization = await freshToken([zone(other.id)])
    const said = await advice(root({ spki }), { path: other.path, authorization })
    expect(said).toEqual([[12912, expect.stringContaining('has the same key as another record of the account: ')]])
    expect(JSON.stringify(said)).not.toContain(id)
    expect(
      (await advice(root({ spki }), { path: own.accountPath, authorization: own.authorization }))[0]?.[1],
    ).toContain(id)
  })

  it('takes no more round trips', async () => {
    const { db, calls } = countingDatabase(env.DB)
    const body = soundBody({ certificate: root({ extensions: [basicConstraints(true)] }) })
    const answer = await post(tenant.accountPath, tenant.authorization, body, { env: { DB: db } })
    expect([answer.status, calls]).toEqual([201, ['batch']])
    expect(answer.body.messages.map(({ code }) => code)).toEqual([12907, 12908])
  })
})

it('messages are the only difference: what is refused has none', async () => {
  const answer = await post(tenant.accountPath, tenant.authorization, { certificate: root({ notAfter: inDays(3) }) })
  expect([answer.status, answer.body.messages]).toEqual([400, []])
})
