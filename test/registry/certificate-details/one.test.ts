import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { time } from '../../../src/testing/der.ts'
import { basicConstraints, keyUsage } from '../../../src/testing/extensions.ts'
import { decodeCertificates, readCertificate } from '../../../src/x509/index.ts'
import { putCrl } from '../../support/crl.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add, expectNotFound, get, put, remove, SCOPES, type Tenant } from '../../support/family.ts'
import { NOW, pem } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { type Issued, issue, KEY_CERT_SIGN } from '../../support/x509/chain.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** One record, read back. */

const PEM = 'application/x-pem-file'

let tenant: Tenant
let root: Issued
let ca: Issued
beforeAll(async () => {
  tenant = await freshTenant()
  const extensions = [basicConstraints(true), keyUsage(0x06, 1)]
  root = await issue({ cn: 'Root', extensions })
  ca = await issue({ cn: 'Issuing CA', by: root, extensions, notAfter: time('2030-01-01T00:00:00Z') })
})

type Certificate = Readonly<Record<string, unknown>>
async function certificatesOf(path: string, now = NOW): Promise<readonly Certificate[]> {
  const answer = await get(edgePath(path), tenant.authorization, { now })
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text).result.certificates
}

const sha256 = async (octets: Uint8Array) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', octets.slice())).toHex()

async function keyOf({ der }: Issued): Promise<string> {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(read.error.reason)
  return await sha256(read.value.publicKey.der)
}

it('has each certificate with its facts, its role, its issuer in the bundle, and what is known of its CRLs', async () => {
  const { path, ...record } = await add(tenant.accountPath, tenant.authorization, {
    certificate: pem(ca.der) + pem(root.der),
    associated_hostnames: [`a.${tenant.domain}`],
  })
  const answer = await get(edgePath(path), tenant.authorization)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=UTF-8'])
  const common = {
    public_key: 'EC P-256',
    signature_algorithm: 'ecdsa-with-SHA256',
    not_before: '2025-01-01T00:00:00Z',
  }
  const fingerprint_md5 = expect.stringMatching(/^[0-9a-f]{32}$/)
  expect(JSON.parse(answer.text)).toEqual({
    result: {
      ...record,
      certificates: [
        {
          position: 1,
          subject: 'CN=Issuing CA',
          issuer: 'CN=Root',
          serial_number: expect.stringMatching(/^[0-9a-f]+$/),
          fingerprint_sha256: await sha256(ca.der),
          fingerprint_md5,
          key_sha256: await keyOf(ca),
          ...common,
          not_after: '2030-01-01T00:00:00Z',
          role: 'intermediate',
          self_signed: false,
          issued_by: 2,
          coverage: null,
        },
        {
          position: 2,
          subject: 'CN=Root',
          issuer: 'CN=Root',
          serial_number: expect.stringMatching(/^[0-9a-f]+$/),
          fingerprint_sha256: await sha256(root.der),
          fingerprint_md5,
          key_sha256: await keyOf(root),
          ...common,
          not_after: '2035-01-01T00:00:00Z',
          role: 'anchor',
          self_signed: true,
          issued_by: null,
          coverage: null,
        },
      ],
      safe_to_delete: {
        safe: false,
        reasons: [{ code: 'has_hostnames', message: expect.stringMatching(/^1 hostname/) }],
      },
    },
    success: true,
    errors: [],
    messages: [],
  })
})

it('an intermediate without its root is the anchor, and its issuer is not there', async () => {
  const { path } = await add(tenant.zonePath, tenant.authorization, { certificate: pem(ca.der) })
  expect(await certificatesOf(path)).toMatchObject([{ role: 'anchor', self_signed: false, issued_by: null }])
})

it('what was registered before roles and hashes of keys were kept has them computed', async () => {
  const third = await issue({ cn: 'Third', by: ca, extensions: [basicConstraints(true), KEY_CERT_SIGN] })
  const { id, path } = await add(tenant.zonePath, tenant.authorization, { certificate: pem(third.der) + pem(ca.der) })
  const before = await certificatesOf(path)
  await env.DB.prepare("UPDATE certificate_chain SET is_anchor = NULL, key_sha256 = '' WHERE certificate_id = ?1")
    .bind(id)
    .run()
  expect(await certificatesOf(path)).toEqual(before)
  expect(before).toMatchObject([{ role: 'intermediate', issued_by: 2 }, { role: 'anchor' }])
})

describe('coverage', () => {
  /** A record of the account with two CAs, and the path of its CRLs. */
  async function covered() {
    const own = await freshTenant()
    const { path } = await add(own.accountPath, own.authorization, { certificate: pem(ca.der) + pem(root.der) })
    const to = { crlPath: `${edgePath(path)}/crl`, authorization: own.authorization }
    const coverage = async (now = NOW) => {
      const { text } = await get(edgePath(path), own.authorization, { now })
      return JSON.parse(text).result.certificates.map((one: Certificate) => one['coverage'])
    }
    return { ...own, path, to, coverage }
  }
  const until = '2026-07-01T00:00:00Z'
  const current = { crls: 1, in_parts: false, until, stale: false }

  it('is of the CA that signed the CRL, until its nextUpdate', async () => {
    const { to, coverage, authorization } = await covered()
    expect((await putCrl(to, await issueCrl(ca))).status).toBe(200)
    expect(await coverage()).toEqual([current, null])
    const end = Date.parse(until) / 1_000
    expect(await coverage(end)).toEqual([current, null])
    expect(await coverage(end + 1)).toEqual([{ ...current, stale: true }, null])
    expect((await remove(to.crlPath, authorization)).status).toBe(200)
    expect(await coverage()).toEqual([null, null])
  })

  it('is by a CRL of another record of the account too, and not by one of another account', async () => {
    const { coverage, accountPath, authorization, to } = await covered()
    const stranger = await covered()
    expect((await putCrl(stranger.to, await issueCrl(root))).status).toBe(200)
    expect(await coverage()).toEqual([null, null])
    const other = await add(accountPath, authorization, { certificate: pem(root.der) })
    const crlPath = `${edgePath(other.path)}/crl`
    expect((await putCrl({ ...to, crlPath }, await issueCrl(root))).status).toBe(200)
    expect(await coverage()).toEqual([null, current])
  })

  it('counts the first nextUpdate of several CRLs', async () => {
    const { to, coverage } = await covered()
    const body = pem(await issueCrl(root), 'X509 CRL') + pem(await issueCrl(ca), 'X509 CRL')
    expect((await putCrl(to, body)).status).toBe(200)
    expect(await coverage()).toEqual([current, current])
  })
})

describe('as PEM', () => {
  it('is the certificates in their order, and nothing else', async () => {
    const sent = `${pem(ca.der)}some text\n${pem(root.der)}`
    const own = await freshTenant()
    const { path } = await add(own.accountPath, own.authorization, { certificate: sent })
    const answer = await get(edgePath(path), own.authorization, { headers: { accept: PEM } })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, PEM])
    expect(answer.text).toBe(pem(ca.der) + pem(root.der))
    const decoded = decodeCertificates(answer.text)
    expect(decoded.ok && decoded.value.blocks).toHaveLength(2)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('vary')).toBe('accept')
  })

  it('has a tag of its own, by which it is not sent again', async () => {
    const own = await freshTenant()
    const { path } = await add(own.accountPath, own.authorization)
    const read = (headers: Record<string, string>) => get(edgePath(path), own.authorization, { headers })
    const [json, text] = [await read({}), await read({ accept: PEM })]
    const [jsonTag, textTag] = [json, text].map(({ headers }) => headers.get('etag') ?? '')
    expect(jsonTag).not.toBe(textTag)
    expect((await read({ 'if-none-match': jsonTag ?? '' })).status).toBe(304)
    expect((await read({ 'if-none-match': textTag ?? '' })).status).toBe(200)
    const known = await read({ accept: PEM, 'if-none-match': textTag ?? '' })
    expect([known.status, known.text, known.headers.get('vary')]).toEqual([304, '', 'accept'])
    expect((await read({ accept: PEM, 'if-none-match': jsonTag ?? '' })).status).toBe(200)
  })

  it('is refused in JSON', async () => {
    const missing = `${edgePath(tenant.accountPath)}/00000000-0000-4000-8000-000000000000`
    expectNotFound(await get(missing, tenant.authorization, { headers: { accept: PEM } }))
  })
})

it.each(SCOPES)('a record of %s is found in its own scope only', async (scope) => {
  const own = await freshTenant()
  const other = scope === 'accountPath' ? own.zonePath : own.accountPath
  const { id, path } = await add(own[scope], own.authorization)
  expect((await get(edgePath(path), own.authorization)).status).toBe(200)
  expectNotFound(await get(`${edgePath(other)}/${id}`, own.authorization))
  const stranger = await freshTenant()
  expect((await get(edgePath(path), stranger.authorization)).status).toBe(403)
})

describe('whether a certificate is safe to delete', () => {
  const safety = async (path: string, now = NOW) => {
    const answer = await get(edgePath(path), tenant.authorization, { now })
    const { safe, reasons } = JSON.parse(answer.text).result.safe_to_delete
    return [safe, ...reasons.map(({ code }: { readonly code: string }) => code)]
  }

  it('is said with every reason not to', async () => {
    const own = await issue({ cn: 'Deletable', extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
    const other = await issue({ cn: 'Deletable', extensions: [basicConstraints(true), keyUsage(0x06, 1)], by: own })
    const { path } = await add(tenant.accountPath, tenant.authorization, { certificate: pem(own.der) })
    expect(await safety(path)).toEqual([true])
    const crlPath = `${edgePath(path)}/crl`
    expect((await putCrl({ crlPath, authorization: tenant.authorization }, await issueCrl(own))).status).toBe(200)
    // Nobody else uses the CA, so nothing is lost.
    expect(await safety(path)).toEqual([true])
    await add(tenant.accountPath, tenant.authorization, {
      certificate: pem(other.der) + pem(own.der),
      associated_hostnames: [`crl.${tenant.domain}`],
    })
    expect(await safety(path)).toEqual([false, 'takes_coverage'])
    await put(`${edgePath(path)}/blocked_serials/0f`, tenant.authorization, '')
    expect(await safety(path)).toEqual([false, 'has_blocked_serials', 'takes_coverage'])
  })

  it('is no while clients come in over it, at its own hostnames, in the last week', async () => {
    const own = await issue({ cn: 'In use', extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
    const hostname = `traffic.${tenant.domain}`
    const { path } = await add(tenant.accountPath, tenant.authorization, {
      certificate: pem(own.der),
      associated_hostnames: [hostname],
    })
    await env.DB.batch([
      env.DB.prepare(
        'INSERT INTO client_hostnames (id, account_id, zone_id, hostname_ascii, since, swept_day) VALUES (77, ?1, ?2, ?3, ?4, ?5)',
      ).bind(tenant.accountId, tenant.zoneId, hostname, NOW, Math.floor(NOW / 86_400)),
      env.DB.prepare(
        'INSERT INTO client_anchors (hostname_id, day, anchor, count, last_at) VALUES (77, ?1, ?2, 5, ?3)',
      ).bind(Math.floor(NOW / 86_400), await sha256(own.der), NOW),
    ])
    expect(await safety(path)).toEqual([false, 'has_hostnames', 'has_traffic'])
    expect(await safety(path, NOW + 8 * 86_400)).toEqual([false, 'has_hostnames'])
  })
})
