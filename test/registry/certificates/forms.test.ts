import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { extKeyUsage } from '../../../src/testing/extensions.ts'
import { post } from '../../support/api.ts'
import { certificate, pem, unremarkable } from '../../support/pki.ts'
import { freshTenant, soundBody } from '../../support/requests.ts'
import { addTenant } from '../../support/tenants.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, type Issued, issue } from '../../support/x509/chain.ts'

const url = encodeURIComponent
const alb = (text: string) => url(text).replaceAll('%2B', '+').replaceAll('%3D', '=').replaceAll('%2F', '/')
const utf16 = (text: string) => `\ufeff${[...text].map((character) => `${character}\0`).join('')}`

describe('POST accepts a certificate in any form in which it may be pasted', () => {
  let tenant: Awaited<ReturnType<typeof freshTenant>>
  beforeAll(async () => {
    tenant = await freshTenant()
  })

  it.each<[string, (text: string, der: Uint8Array) => string]>([
    ['on one line', (text) => text.replaceAll('\n', ' ')],
    ['with its line ends lost', (text) => text.replaceAll('\n', '')],
    ['in UTF-16', utf16],
    ['indented by no-break spaces', (text) => text.replace(/^/gm, '\u00a0\u00a0')],
    ['with zero-width spaces', (text) => text.replaceAll('\n', '\u200b\n')],
    ['as base64 of DER', (_, der) => toBase64(der)],
    ['as base64 of PEM', (text) => btoa(text)],
    ['URL-encoded', url],
    ['as RFC 9440', (_, der) => `:${toBase64(der)}:`],
  ])('%s: the same as its PEM', async (_, write) => {
    const der = certificate(unremarkable())
    const first = await post(tenant.accountPath, tenant.authorization, soundBody({ certificate: write(pem(der), der) }))
    expect(first).toMatchObject({ status: 201, body: { messages: [] } })
    const again = await post(tenant.accountPath, tenant.authorization, soundBody({ certificate: pem(der) }))
    expect(again).toMatchObject({ status: 409, body: { errors: [{ code: 12132 }] } })
  })

  it('a chain whose certificates have no line end between them', async () => {
    const sent = pem(certificate()).trimEnd() + pem(certificate())
    expect(await post(tenant.accountPath, tenant.authorization, soundBody({ certificate: sent }))).toMatchObject({
      status: 201,
    })
  })
})

describe('/verify accepts the forms of proxies and of Cloudflare', () => {
  const hostname = 'admin.forms.example'
  let tenant: Awaited<ReturnType<typeof addTenant>>
  let root: Issued
  let intermediate: Issued
  let leaf: Issued
  beforeAll(async () => {
    tenant = await addTenant('forms.example')
    root = await issue({ cn: 'root' })
    intermediate = await issue({ cn: 'intermediate', by: root })
    leaf = await issue({
      cn: 'client',
      by: intermediate,
      extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)],
    })
    await post(`/accounts/${tenant.accountId}/access/certificates`, tenant.authorization, {
      name: 'root',
      certificate: pem(root.der),
      associated_hostnames: [hostname],
    })
  })
  const verify = (body: object) =>
    post(`/edge/v1/accounts/${tenant.accountId}/verify`, tenant.authorization, { hostname, ...body })
  const fullchain = () => pem(leaf.der) + pem(intermediate.der)

  it.each<[string, () => { certificate: string; chain?: string }]>([
    ['Cf-Client-Cert-Der-Base64', () => ({ certificate: toBase64(leaf.der), chain: pem(intermediate.der) })],
    ['the same for the chain', () => ({ certificate: toBase64(leaf.der), chain: toBase64(intermediate.der) })],
    ['nginx', () => ({ certificate: url(pem(leaf.der)), chain: pem(intermediate.der) })],
    ['old nginx', () => ({ certificate: pem(leaf.der).replaceAll('\n', '\n\t'), chain: pem(intermediate.der) })],
    ['AWS ALB, passthrough', () => ({ certificate: alb(fullchain()) })],
    ['Traefik', () => ({ certificate: `${toBase64(leaf.der)},${toBase64(intermediate.der)}` })],
    [
      'Envoy, Cert and chain',
      () => ({ certificate: `Hash=0;Cert="${url(pem(leaf.der))}"`, chain: pem(intermediate.der) }),
    ],
    ['Envoy, Chain', () => ({ certificate: `Hash=0;Chain="${url(fullchain())}"` })],
    ["Envoy's element as the chain", () => ({ certificate: pem(leaf.der), chain: `Chain="${url(fullchain())}"` })],
    ['RFC 9440', () => ({ certificate: `:${toBase64(leaf.der)}:`, chain: `:${toBase64(intermediate.der)}:` })],
    ['the own certificate once more', () => ({ certificate: url(pem(leaf.der) + fullchain()) })],
  ])('%s', async (_, body) => {
    expect((await verify(body())).body.result).toMatchObject({
      accepted: true,
      path: [{ subject: 'CN=client' }, { subject: 'CN=intermediate' }, { subject: 'CN=root' }],
    })
  })

  it.each<[string, () => string]>([
    ['a fullchain file', fullchain],
    ['a list of RFC 9440', () => `:${toBase64(leaf.der)}:, :${toBase64(intermediate.der)}:`],
    ['base64 of a fullchain file', () => btoa(fullchain())],
    // If the first were taken as the client's own, anyone with a root's certificate could pass as that root.
    ['a bundle that is URL-encoded, the root first', () => url(pem(root.der) + pem(leaf.der))],
    ['Traefik’s form of a bundle, the root first', () => `${toBase64(root.der)},${toBase64(leaf.der)}`],
    ['two clients, URL-encoded', () => url(pem(leaf.der) + pem(certificate({ extensions: null })))],
  ])('%s is refused, since it is unclear which is the leaf', async (_, certificate) => {
    const answer = await verify({ certificate: certificate() })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ source: { pointer: '/certificate' } }] } })
    expect(answer.body.errors[0]?.message).toMatch(
      /must be one certificate, not 2: .* goes into certificate, .* chain$/,
    )
  })

  it('another kind of file is named, also in the chain', async () => {
    const { status, body } = await verify({ certificate: '/tmp/client.pem', chain: pem(leaf.der, 'PKCS7') })
    expect(status).toBe(400)
    expect(body.errors).toMatchObject([
      { message: expect.stringMatching(/^\S+ certificate .* file's path/), source: { pointer: '/certificate' } },
      { message: expect.stringMatching(/^\S+ chain .* openssl pkcs7 -print_certs/), source: { pointer: '/chain' } },
    ])
  })
})
