import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { type Bytes, int, seq } from '../../../src/testing/der.ts'
import { basicConstraints, keyUsage } from '../../../src/testing/extensions.ts'
import { caKeys } from '../../../src/x509/certificate/ca-keys.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { sha256 } from '../../../src/x509/certificate/fingerprint.ts'
import { displayName } from '../../../src/x509/certificate/name.ts'
import { readCaPath } from '../../../src/x509/issuer/ca-path.ts'
import type { Answer } from '../../support/api.ts'
import { crlsOf, putCrl } from '../../support/crl.ts'
import { counted, edgePath } from '../../support/edge-routes.ts'
import { add, faults, siblingZone, type Tenant } from '../../support/family.ts'
import { pem } from '../../support/pki.ts'
import { freshId, freshTenant } from '../../support/requests.ts'
import { type Issued, issue, newKeys } from '../../support/x509/chain.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** A CRL is accepted for a record if its CA is one of the record's, or below or above one of them. */

const CA = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }
const make = (cn: string, by?: Issued) => issue({ cn: `${cn} ${suffix}`, ...(by && { by }), ...CA })

let suffix: string
let tenant: Tenant
let root: Issued
let middle: Issued
let issuing: Issued
beforeEach(async () => {
  suffix = freshId()
  tenant = await freshTenant()
  root = await make('Root')
  middle = await make('Middle', root)
  issuing = await make('Issuing', middle)
})

/** A record of these certificates, and where its CRLs are. */
async function record(
  cas: readonly { readonly der: Bytes }[],
  scope: string = tenant.accountPath,
  to: Tenant = tenant,
) {
  const certificate = cas.map(({ der }) => pem(der)).join('')
  const { id, path } = await add(scope, to.authorization, { certificate })
  return { id, path, authorization: to.authorization, crlPath: `${edgePath(path)}/crl` }
}

type CrlTarget = Awaited<ReturnType<typeof record>>

const block = async (by: Issued, number = 1) =>
  pem(await issueCrl(by, { number, revoked: [{ serial: 7 }] }), 'X509 CRL')
const pems = (...cas: readonly Issued[]) => cas.map(({ der }) => pem(der)).join('')
const JSON_TYPE = { headers: { 'content-type': 'application/json' } }
const sendJson = (to: CrlTarget, body: unknown) => putCrl(to, JSON.stringify(body), JSON_TYPE)

async function expectTaken(answer: Answer, by: Issued): Promise<void> {
  expect([answer.status, answer.body.errors]).toEqual([200, []])
  const [crl] = JSON.parse(answer.text).result
  expect(crl).toMatchObject({ ca_fingerprint_sha256: await sha256(by.der), entries: 1 })
  expect(crl.issuer).toBe(nameOf(by))
}

function certificateOf({ der }: { readonly der: Bytes }) {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}
const nameOf = (one: { readonly der: Bytes }) => displayName(certificateOf(one).subject)
const caKeyOf = async (one: { readonly der: Bytes }) => (await caKeys(certificateOf(one))).caKey

/** What is stored for decisions of a record's CRLs. */
async function stored({ id }: CrlTarget) {
  const crls = await env.DB.prepare(
    `SELECT id, account_id, issuer_key, ca_key, hex(ca_path) AS path,
      (SELECT json_group_array(ca_key) FROM crl_authorities WHERE crl_id = crls.id) AS authorities
     FROM crls WHERE certificate_id = ?1`,
  )
    .bind(id)
    .all<Record<string, string>>()
  return crls.results.map((row) => ({
    account: row['account_id'],
    caKey: row['ca_key'],
    issuerKey: row['issuer_key'],
    path: readCaPath(Uint8Array.fromHex(row['path'] ?? '')).map(({ subject }) => displayName(subject)),
    authorities: new Set(JSON.parse(row['authorities'] ?? '')),
  }))
}

describe('a CRL is accepted for a record above its CA', () => {
  it.each<[string, (to: CrlTarget) => Promise<Answer>]>([
    ['in the same PEM', async (to) => putCrl(to, (await block(issuing)) + pems(issuing, middle))],
    ['before it in the PEM', async (to) => putCrl(to, pems(middle, issuing) + (await block(issuing)))],
    ['as ca', async (to) => sendJson(to, { crl: await block(issuing), ca: pems(issuing, middle) })],
    [
      'as ca, beside base64 of DER',
      async (to) =>
        sendJson(to, {
          crl: toBase64(await issueCrl(issuing, { revoked: [{ serial: 7 }] })),
          ca: pems(issuing, middle),
        }),
    ],
    [
      'partly in the PEM, partly as ca',
      async (to) => sendJson(to, { crl: (await block(issuing)) + pems(issuing), ca: pems(middle) }),
    ],
  ])('whose certificate is sent %s', async (_, send) => {
    const to = await record([root])
    await expectTaken(await send(to), issuing)
    const keys = await caKeys(certificateOf(issuing))
    expect(await stored(to)).toEqual([
      {
        account: tenant.accountId,
        caKey: keys.caKey,
        issuerKey: keys.nameKey,
        path: [issuing, middle, root].map(nameOf),
        authorities: new Set(await Promise.all([issuing, middle, root].map(caKeyOf))),
      },
    ])
  })

  it('which the record holds, with all CAs above it', async () => {
    const to = await record([issuing, middle, root])
    await expectTaken(await putCrl(to, await block(issuing)), issuing)
    expect(await stored(to)).toMatchObject([{ path: [issuing, middle, root].map(nameOf), authorities: { size: 3 } }])
  })

  it.each<[string, (t: Tenant) => Promise<string>]>([
    ['the account itself', async (t) => t.accountPath],
    ['a zone', async (t) => t.zonePath],
    ['another zone', async (t) => (await siblingZone(t)).path],
  ])('which another record holds, of %s', async (_, scopeOf) => {
    await record([issuing, middle], await scopeOf(tenant))
    const to = await record([root])
    await expectTaken(await putCrl(to, await block(issuing)), issuing)
  })

  it('which an earlier upload to any record of the account brought', async () => {
    const [to, other] = [await record([root]), await record([middle])]
    await expectTaken(await putCrl(to, (await block(issuing, 1)) + pems(issuing, middle)), issuing)
    await expectTaken(await putCrl(to, await block(issuing, 2)), issuing)
    await expectTaken(await putCrl(other, await block(issuing, 3)), issuing)
    expect((await crlsOf({ ...tenant, ...other } as never)).map(({ number }) => number)).toEqual(['3'])
  })

  it('which has a new key: the certificate by its old key leads to the same anchor', async () => {
    const keys = await newKeys()
    const newWithOld = await issue({ subject: root.subject, by: root, keys, ...CA })
    const to = await record([root])
    await expectTaken(await putCrl(to, await block(root)), root)
    await expectTaken(await putCrl(to, (await block(newWithOld)) + pems(newWithOld)), newWithOld)
    expect(await stored(to)).toHaveLength(2)
  })
})

describe('a CRL is accepted for a record below its CA', () => {
  it('which is sent too, with the CAs between', async () => {
    const to = await record([issuing])
    await expectTaken(await putCrl(to, (await block(root)) + pems(middle, root)), root)
    expect(await stored(to)).toMatchObject([{ path: [nameOf(root)], authorities: new Set([await caKeyOf(root)]) }])
  })

  it('which another record holds', async () => {
    await record([middle, root])
    const to = await record([issuing])
    await expectTaken(await putCrl(to, await block(root)), root)
  })
})

describe('a CRL is refused', () => {
  const detail = (answer: Answer) => {
    const [[, words = ''] = [], ...more] = faults(answer)
    expect(more).toEqual([])
    return words
  }

  it('of an unknown CA, and the answer says what was searched and what to send', async () => {
    const to = await record([root])
    expect(detail(await putCrl(to, await block(issuing)))).toBe(
      `the request body was issued by ${nameOf(issuing)}, which is neither among this certificate's CAs nor among the other certificates of the account, and did not come with the CRL: send the certificate of that CA too, in the same PEM or as ca`,
    )
  })

  it('of a CA whose chain has a gap', async () => {
    const to = await record([root])
    expect(detail(await sendJson(to, { crl: await block(issuing), ca: pems(issuing) }))).toMatch(
      /^crl is signed by CN=Issuing \S+, whose certificate leads to none of this certificate's CAs \(no_issuer: CN=Issuing \S+\), and none of these leads to it: send the certificates between them too/,
    )
  })

  it('of a CA of another account', async () => {
    const other = await freshTenant()
    await record([issuing, middle], other.accountPath, other)
    const to = await record([root])
    expect(detail(await putCrl(to, await block(issuing)))).toContain('nor among the other certificates of the account')
  })

  it('of a CA that an upload to another account brought', async () => {
    const other = await freshTenant()
    const theirs = await record([root], other.accountPath, other)
    expect((await putCrl(theirs, (await block(issuing)) + pems(issuing, middle))).status).toBe(200)
    const to = await record([root])
    expect(detail(await putCrl(to, await block(issuing)))).toContain('was issued by')
  })

  it.each<[string, (theirs: Issued) => Promise<void>]>([
    ['registered in the same account', async (theirs) => void (await record([theirs]))],
    ['not registered', async () => {}],
  ])('of another CA with the name of the anchor, %s', async (_, prepare) => {
    const theirs = await issue({ subject: root.subject, ...CA })
    await prepare(theirs)
    const to = await record([root])
    for (const body of [await block(theirs), (await block(theirs)) + pems(theirs)]) {
      expect(detail(await putCrl(to, body))).toMatch(
        /the signature does not verify|leads to none of this certificate's CAs/,
      )
    }
    expect(await stored(to)).toEqual([])
  })

  it('of another CA with the name of the issuing CA, below another anchor of the same account', async () => {
    const theirRoot = await make('Root')
    const theirs = await issue({ subject: issuing.subject, by: theirRoot, ...CA })
    await record([theirRoot])
    const to = await record([root])
    expect(detail(await putCrl(to, (await block(theirs)) + pems(theirs, issuing, middle)))).toContain('leads to none')
    expect(await stored(to)).toEqual([])
  })

  it.each<[string, () => Promise<object>, string, RegExp]>([
    ['PEM', async () => ({ ca: 'x' }), '/ca', /^ca has no -----BEGIN CERTIFICATE----- line/],
    ['a string', async () => ({ ca: 7 }), '/ca', /^ca must be a string, not a number/],
    ['certificates', async () => ({ ca: await block(root) }), '/ca', /^ca has a PEM block of another kind at line 1/],
    ['16 at most', async () => ({ ca: pems(root).repeat(17) }), '/ca', /^ca .*16/],
    [
      '16 at most, with those of crl',
      async () => ({ crl: (await block(root)) + pems(root).repeat(9), ca: pems(root).repeat(8) }),
      '/ca',
      /^ca .*16/,
    ],
    ['public', async () => ({ ca: pem(seq(int(0)), 'PRIVATE KEY') }), '/ca', /^ca holds a private key/],
  ])('with a ca that is not %s', async (_, parts, pointer, words) => {
    const to = await record([root])
    const [[found, told = ''] = [], ...more] = faults(
      await sendJson(to, { crl: await block(root), ...(await parts()) }),
    )
    expect([found, more]).toEqual([pointer, []])
    expect(told).toMatch(words)
    expect(await stored(to)).toEqual([])
  })

  it('but ca may be null, and may contain certificates that cannot be read', async () => {
    const to = await record([root])
    expect((await sendJson(to, { crl: await block(root, 1), ca: null })).status).toBe(200)
    const odd = pem(seq(int(1)))
    expect((await sendJson(to, { crl: await block(root, 2), ca: odd })).status).toBe(200)
    expect((await putCrl(to, (await block(issuing)) + odd + pems(issuing, middle))).status).toBe(200)
  })
})

describe('the work is bounded', () => {
  it('the search in the rest of the account takes one more call, and only if it is needed', async () => {
    await record([issuing, middle])
    const to = await record([root])
    const [own, elsewhere] = [await block(root), await block(issuing)]
    expect(await counted((options) => putCrl(to, own, options))).toEqual({ status: 200, calls: ['batch', 'batch'] })
    expect(await counted((options) => putCrl(to, elsewhere, options))).toEqual({
      status: 200,
      calls: ['batch', 'batch', 'batch'],
    })
    const stale = await issueCrl(root, { number: 0 })
    expect(await counted((options) => putCrl(to, stale, options))).toEqual({ status: 409, calls: ['batch'] })
  })

  it('an account full of CAs of the same name costs no more signature checks than a path has', async () => {
    for (let i = 0; i < 20; i += 1) await record([await issue({ subject: issuing.subject, ...CA })])
    const to = await record([root])
    const body = await block(issuing)
    const verify = vi.spyOn(crypto.subtle, 'verify')
    expect((await putCrl(to, body)).status).toBe(400)
    expect(verify.mock.calls.length).toBeLessThanOrEqual(8)
    verify.mockRestore()
  })
})
