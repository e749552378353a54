import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/testing/der.ts'
import { basicConstraints, issuingDistributionPoint, keyUsage } from '../../../src/testing/extensions.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { displayName } from '../../../src/x509/certificate/name.ts'
import type { Answer } from '../../support/api.ts'
import { putCrl } from '../../support/crl.ts'
import { counted, edgePath } from '../../support/edge-routes.ts'
import { add, put, remove, type Tenant } from '../../support/family.ts'
import { pem } from '../../support/pki.ts'
import { freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { zone } from '../../support/tenants.ts'
import { type Issued, issue } from '../../support/x509/chain.ts'
import { type CrlParts, fullName, issueCrl } from '../../support/x509/make-crl.ts'

/** Messages about hostnames for which no CRL of a CA counts, or none counts any more. */

const CA = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }

let tenant: Tenant
let root: Issued
let issuing: Issued
beforeEach(async () => {
  const id = freshId()
  tenant = await freshTenant()
  root = await issue({ cn: `Root ${id}`, ...CA })
  issuing = await issue({ cn: `Issuing ${id}`, by: root, ...CA })
})

const host = (name: string) => `${name}.${tenant.domain}`

/** A record of these certificates, with these hostnames. */
async function record(
  cas: readonly { readonly der: Bytes }[],
  names: readonly string[] = [],
  scope = tenant.accountPath,
) {
  const certificate = cas.map(({ der }) => pem(der)).join('')
  const { id, path } = await add(scope, tenant.authorization, { certificate, associated_hostnames: names.map(host) })
  return { id, path, authorization: tenant.authorization, crlPath: `${edgePath(path)}/crl` }
}

type CrlTarget = Awaited<ReturnType<typeof record>>

const upload = async (to: CrlTarget, by: Issued, parts: CrlParts = {}) => {
  const body = pem(await issueCrl(by, parts), 'X509 CRL') + pem(by.der)
  const answer = await putCrl(to, body)
  expect([answer.status, answer.body.errors]).toEqual([200, []])
  return answer
}
const setHosts = (to: CrlTarget, names: readonly string[]) =>
  put(to.path, to.authorization, { associated_hostnames: names.map(host) })

const nameOf = ({ der }: Issued) => {
  const read = readCertificate(der)
  return read.ok ? displayName(read.value.subject) : ''
}
const lost = (by: Issued, which: string) => ({
  code: 12930,
  message: `no CRL of ${nameOf(by)} counts any more for ${which}: clients that it revoked may get in there; to prevent that, upload its CRL to a certificate of the account that is above or below this CA`,
})
const said = (answer: Answer) => {
  expect([answer.status, answer.body.errors]).toEqual([200, []])
  // 12941: the record has no hostnames left (messages.test.ts).
  return answer.body.messages.filter(({ code }) => code !== 12941)
}

describe('an upload that covers nothing in use says so', () => {
  const UNUSED = {
    code: 12929,
    message: expect.stringMatching(/^the CRL covers nothing in use: its CA is on/),
  }

  it.each<[string, () => Promise<CrlTarget>, () => Issued, boolean]>([
    ['no hostname at all', () => record([root]), () => root, true],
    ['a hostname of the record', () => record([root], ['a']), () => root, false],
    ['a hostname of the record above its CA', () => record([root], ['a']), () => issuing, false],
    [
      'a hostname of another record above its CA',
      async () => {
        await record([root], ['a'])
        return record([issuing])
      },
      () => issuing,
      true,
    ],
    [
      'a hostname of another record that has its CA',
      async () => {
        await record([issuing], ['a'], tenant.zonePath)
        return record([root])
      },
      () => issuing,
      false,
    ],
    ['a hostname of a record below its CA', () => record([issuing], ['a']), () => root, true],
    [
      'a hostname of another PKI',
      async () => {
        await record([await issue({ subject: root.subject, ...CA })], ['a'])
        return record([root])
      },
      () => root,
      true,
    ],
  ])('%s', async (_, target, by, unused) => {
    const to = await target()
    expect(said(await upload(to, by()))).toMatchObject(unused ? [UNUSED] : [])
    expect(said(await upload(to, by(), { number: 2 }))).toMatchObject(unused ? [{ code: 12929 }] : [])
  })

  it('but not if the same CRL is already there', async () => {
    const to = await record([root])
    const body = pem(await issueCrl(root), 'X509 CRL')
    expect(said(await putCrl(to, body))).toHaveLength(1)
    expect(said(await putCrl(to, body))).toEqual([])
  })

  it('and another account with the same CA makes no difference', async () => {
    const other = await freshTenant()
    const certificate = pem(root.der)
    await add(other.accountPath, other.authorization, { certificate, associated_hostnames: [other.domain] })
    expect(said(await upload(await record([root]), root))).toHaveLength(1)
  })

  it('also for records from before CAs had keys', async () => {
    await record([issuing], ['a'])
    const to = await record([root])
    await env.DB.prepare("UPDATE certificate_chain SET name_key = '', ca_key = ''").run()
    expect(said(await putCrl(to, pem(await issueCrl(issuing), 'X509 CRL')))).toEqual([])
    const left = env.DB.prepare("SELECT count(*) AS n FROM certificate_chain WHERE ca_key = '' AND certificate_id = ?1")
    expect(await left.bind(to.id).first('n')).toBe(0)
  })
})

describe('DELETE of CRLs says for which hostnames a CA is not covered any more', () => {
  it('of the record, and of others', async () => {
    const to = await record([root], ['b', 'a'])
    await record([issuing], ['c'], tenant.zonePath)
    await upload(to, root)
    await upload(to, issuing)
    expect(said(await remove(to.crlPath, tenant.authorization))).toEqual([
      lost(issuing, [host('a'), host('b'), host('c')].join(', ')),
      lost(root, [host('a'), host('b')].join(', ')),
    ])
  })

  it('but not if another CRL of that CA still counts for them', async () => {
    const [to, other] = [await record([root], ['a']), await record([issuing], ['b'])]
    await upload(to, issuing)
    await upload(other, issuing)
    expect(said(await remove(to.crlPath, tenant.authorization))).toEqual([lost(issuing, host('a'))])
    expect(said(await remove(other.crlPath, tenant.authorization))).toEqual([lost(issuing, host('b'))])
  })

  it('also if a CRL covers other certificates of the CA', async () => {
    const [to, other] = [await record([root], ['a']), await record([root, issuing])]
    const part = { moreExtensions: [issuingDistributionPoint([fullName('http://a.test/1')])] }
    await upload(to, root)
    await upload(other, root, part)
    expect(said(await remove(to.crlPath, tenant.authorization))).toEqual([lost(root, host('a'))])
  })

  it('for the named CA only', async () => {
    const to = await record([root], ['a'])
    await upload(to, root)
    const answer = await upload(to, issuing)
    const [{ ca_fingerprint_sha256 }] = JSON.parse(answer.text).result
    const path = `${to.crlPath}?ca_fingerprint_sha256=${ca_fingerprint_sha256}`
    expect(said(await remove(path, tenant.authorization))).toEqual([lost(issuing, host('a'))])
  })

  it('and nothing if nothing was covered', async () => {
    const to = await record([root])
    await upload(to, root)
    expect(said(await remove(to.crlPath, tenant.authorization))).toEqual([])
    expect(said(await remove(to.crlPath, tenant.authorization))).toEqual([])
  })

  it('with ten of many by name, in alphabetical order, and the number of the others', async () => {
    const names = Array.from({ length: 13 }, (_, i) => `h${String(i).padStart(2, '0')}`)
    const to = await record([root], [...names].reverse())
    await upload(to, root)
    expect(said(await remove(to.crlPath, tenant.authorization))).toEqual([
      lost(root, `${names.slice(0, 10).map(host).join(', ')}, 3 more`),
    ])
  })

  it('with only its own hostnames by name for a zone', async () => {
    const to = await record([root], ['a'], tenant.zonePath)
    await record([root, issuing], ['b'])
    await upload(to, root)
    const authorization = await freshToken([zone(tenant.zoneId)])
    expect(said(await remove(to.crlPath, authorization))).toEqual([lost(root, `${host('a')}, 1 more`)])
    await setHosts(to, [])
    await upload(to, root)
    expect(said(await remove(to.crlPath, authorization))).toEqual([lost(root, '1 hostname of the account')])
  })
})

describe('DELETE of a record says', () => {
  it('which CAs its CRLs covered for others', async () => {
    const [to] = [await record([root]), await record([issuing, root], ['a'])]
    await upload(to, issuing)
    await upload(to, root)
    const answer = await remove(to.path, tenant.authorization)
    expect(said(answer)).toEqual([lost(issuing, host('a')), lost(root, host('a'))])
    expect(answer.body.result).toEqual({ id: to.id })
  })

  it('how many blocked serial numbers were deleted with it', async () => {
    const to = await record([root])
    for (const serial of ['0a', '0b'])
      await put(`${edgePath(to.path)}/blocked_serials/${serial}`, tenant.authorization, {})
    expect(said(await remove(to.path, tenant.authorization))).toEqual([
      {
        code: 12931,
        message: expect.stringMatching(/^2 blocked serial numbers went with the certificate: block them/),
      },
    ])
  })

  it('nothing else, and takes one call, if there are neither', async () => {
    const to = await record([root])
    await upload(await record([root, issuing], ['a']), root)
    expect(await counted((options) => remove(to.path, tenant.authorization, options))).toEqual({
      status: 200,
      calls: ['batch'],
    })
  })

  it('its messages with one more call if it has CRLs, but is refused while it has hostnames', async () => {
    const to = await record([root], ['a'])
    await upload(to, root)
    const send = (options: object) => remove(to.path, tenant.authorization, options)
    expect(await counted(send)).toEqual({ status: 409, calls: ['batch'] })
    await setHosts(to, [])
    expect(await counted(send)).toEqual({ status: 200, calls: ['batch', 'batch'] })
    expect(await counted(send)).toEqual({ status: 404, calls: ['batch'] })
  })

  it('nothing without permission, in one call', async () => {
    const to = await record([root])
    await upload(to, root)
    const authorization = await freshToken([])
    expect(await counted((options) => remove(to.path, authorization, options))).toEqual({
      status: 403,
      calls: ['batch'],
    })
  })
})

describe('PUT says which CAs are not covered any more for the hostnames that it removes', () => {
  it('one of several, and all', async () => {
    const to = await record([root], ['a', 'b', 'c'])
    await upload(to, root)
    await upload(to, issuing)
    expect(said(await setHosts(to, ['c', 'a']))).toEqual([lost(issuing, host('b')), lost(root, host('b'))])
    expect(said(await put(to.path, to.authorization, {}))).toEqual([
      lost(issuing, `${host('a')}, ${host('c')}`),
      lost(root, `${host('a')}, ${host('c')}`),
    ])
  })

  it('but not if another record of the hostname has a CA above', async () => {
    const [to, other] = [await record([root], ['a']), await record([issuing], ['a'])]
    await upload(to, root)
    await upload(to, issuing)
    expect(said(await setHosts(to, []))).toEqual([lost(root, host('a'))])
    expect(said(await setHosts(other, []))).toEqual([lost(issuing, host('a'))])
  })

  it('in the case in which they were sent', async () => {
    const to = await record([root], ['Aa', 'b'])
    await upload(to, root)
    expect(said(await setHosts(to, ['AA', 'B']))).toEqual([])
    expect(said(await setHosts(to, []))).toEqual([lost(root, `${host('AA')}, ${host('B')}`)])
  })

  it('and nothing, in one call, if the account has no CRL or no hostname is removed', async () => {
    const [to, other] = [await record([root], ['a']), await record([issuing], ['b'])]
    const clear = (options: object) => put(to.path, tenant.authorization, {}, options)
    expect(await counted(clear)).toEqual({ status: 200, calls: ['batch'] })
    await setHosts(to, ['a'])
    await upload(other, issuing)
    const same = { associated_hostnames: [host('a'), host('z')] }
    expect(await counted((options) => put(to.path, tenant.authorization, same, options))).toMatchObject({
      calls: ['batch'],
    })
    expect(await counted(clear)).toEqual({ status: 200, calls: ['batch', 'batch'] })
    expect(said(await setHosts(to, []))).toEqual([])
  })

  it('and nothing if it changes nothing', async () => {
    const to = await record([root], ['a'])
    await upload(to, root)
    const answer = await put(to.path, tenant.authorization, { associated_hostnames: ['elsewhere.example'] })
    expect([answer.status, answer.body.messages]).toEqual([400, []])
  })
})
