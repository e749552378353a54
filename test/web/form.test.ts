import { beforeAll, describe, expect, it } from 'vitest'
import { int, octets, seq } from '../../src/testing/der.ts'
import { extKeyUsage } from '../../src/testing/extensions.ts'
import { type Answer, call } from '../support/api.ts'
import { edgePath } from '../support/edge-routes.ts'
import { add, faults, items, type Tenant } from '../support/family.ts'
import { certificate, pem, root, unremarkable } from '../support/pki.ts'
import { freshTenant } from '../support/requests.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, issue } from '../support/x509/chain.ts'

type Part = readonly [name: string, value: string | Uint8Array]

/** A form as curl -F sends it: text as a field, octets as a file. */
function formOf(parts: readonly Part[]): FormData {
  const form = new FormData()
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new File([value], 'ca.der', { type: 'application/octet-stream' }))
  }
  return form
}

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 1000 })
})

const send = (path: string, parts: readonly Part[], method = 'POST'): Promise<Answer> =>
  call(path, { method, headers: { authorization: tenant.authorization }, body: formOf(parts) })
const file = (text: string) => new TextEncoder().encode(text)

describe('multipart/form-data is read like JSON with the same fields', () => {
  it.each<[string, () => string | Uint8Array]>([
    ['a PEM as text', () => root(unremarkable())],
    ['a PEM as a file', () => file(root(unremarkable()))],
    ['a PEM with CRLF as a file', () => file(root(unremarkable()).replaceAll('\n', '\r\n'))],
    ['DER as a file', () => certificate(unremarkable())],
  ])('with %s', async (_, sent) => {
    const hostname = `form.${tenant.domain}`
    const answer = await send(tenant.accountPath, [
      ['name', 'Form'],
      ['certificate', sent()],
      ['associated_hostnames', hostname],
    ])
    expect(answer).toMatchObject({
      status: 201,
      body: { result: { name: 'Form', associated_hostnames: [hostname] }, messages: [] },
    })
  })

  it.each<[string, readonly string[], string?]>([
    ['one after the other', ['b', 'a']],
    ['with brackets, as PHP writes them', ['b', 'a'], 'associated_hostnames[]'],
    ['none', []],
  ])('with hostnames %s', async (_, labels, name = 'associated_hostnames') => {
    const hostnames = labels.map((label) => `${label}.${tenant.domain}`)
    const parts = hostnames.map((hostname): Part => [name, hostname])
    const answer = await send(tenant.accountPath, [['name', 'x'], ['certificate', root(unremarkable())], ...parts])
    expect(answer).toMatchObject({ status: 201, body: { result: { associated_hostnames: hostnames }, messages: [] } })
  })

  it('with hostnames as a JSON list', async () => {
    const hostnames = [`z.${tenant.domain}`, `y.${tenant.domain}`]
    const { path } = await add(tenant.zonePath, tenant.authorization)
    const answer = await send(path, [['associated_hostnames', JSON.stringify(hostnames)]], 'PUT')
    expect(answer).toMatchObject({ status: 200, body: { result: { associated_hostnames: hostnames } } })
  })

  it('with settings as JSON, one by one or as a list', async () => {
    const own = await freshTenant()
    const path = `${own.accountPath}/settings`
    const settings = ['a', 'b'].map((label) => ({
      hostname: `${label}.${own.domain}`,
      china_network: false,
      client_certificate_forwarding: true,
    }))
    const headers = { authorization: own.authorization }
    for (const parts of [[JSON.stringify(settings)], settings.map((one) => JSON.stringify(one))]) {
      const body = formOf(parts.map((text): Part => ['settings', text]))
      expect(items(await call(path, { method: 'PUT', headers, body }))).toEqual(settings)
    }
  })

  it('with flags, in a request for a decision', async () => {
    const hostname = `flags.${tenant.domain}`
    const top = await issue({ cn: 'root' })
    const leaf = await issue({ cn: 'client', by: top, extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)] })
    const record = { certificate: pem(top.der), associated_hostnames: [hostname] }
    const { path } = await add(tenant.accountPath, tenant.authorization, record)
    const parts: readonly Part[] = [
      ['hostname', hostname],
      ['certificate', leaf.der],
      ['trace', 'true'],
    ]
    const { body } = await send(edgePath(path).replace(/certificates\/.*$/, 'verify'), parts)
    expect(body.result).toMatchObject({ accepted: true, trace: expect.any(Array) })
  })
})

describe('the same rules apply to a form', () => {
  it('missing, repeated or wrongly typed fields are refused', async () => {
    expect(faults(await send(tenant.accountPath, [['nmae', 'x']]))).toEqual([
      ['/name', 'name is required; nmae is not a field of this request'],
      ['/certificate', 'certificate is required'],
    ])
    const twice: readonly Part[] = [
      ['name', 'x'],
      ['name', 'y'],
      ['certificate', root()],
    ]
    expect(faults(await send(tenant.accountPath, twice))).toEqual([['/name', 'name must be a string, not an array']])
  })

  it('a private key is refused, as text or as a binary file', async () => {
    const key = seq(int(1), octets(new Uint8Array(32).fill(0xd5)))
    for (const value of [pem(key, 'EC PRIVATE KEY'), key]) {
      const answer = await send(tenant.accountPath, [
        ['name', 'x'],
        ['certificate', root()],
        ['key', value],
      ])
      expect(faults(answer)).toEqual([['/key', expect.stringMatching(/holds a private key: never send one/)]])
    }
  })

  it('a body of more than 256 KiB is refused', async () => {
    const answer = await send(tenant.accountPath, [['name', 'x'.repeat(256 * 1024)]])
    expect(answer).toMatchObject({ status: 413, body: { errors: [{ code: 6008 }] } })
  })

  it('the credential is checked first', async () => {
    const body = formOf([['name', 'x']])
    const answer = await call(tenant.accountPath, { method: 'POST', headers: { authorization: 'Bearer x' }, body })
    expect(answer).toMatchObject({ status: 401, body: { errors: [{ code: 10000 }] } })
  })
})
