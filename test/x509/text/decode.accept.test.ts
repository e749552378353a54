import { describe, expect, it } from 'vitest'
import { toBase64, toHex } from '../../../src/core/bytes.ts'
import { decodeCertificates } from '../../../src/x509/text/index.ts'
import { certificate, pem } from '../../support/pki.ts'

/** Two certificates; the base64 of the first has all characters that URL encoding changes. */
const A = firstWith(/\+.*\/.*=$|\/.*\+.*=$/)
const B = certificate()

/** Key and serial number are different each time, so one of the certificates matches. */
function firstWith(pattern: RegExp): Uint8Array {
  for (;;) {
    const der = certificate({ uniqueIds: Uint8Array.from([0x81, 2, 0, Math.floor(Math.random() * 256)]) })
    if (pattern.test(toBase64(der))) return der
  }
}

const decode = (text: string) => {
  const decoded = decodeCertificates(text)
  return decoded.ok ? { ...decoded.value, blocks: decoded.value.blocks.map(toHex) } : decoded.error
}
const one = { blocks: [toHex(A)], order: 'unstated' }
const two = { blocks: [toHex(A), toHex(B)], order: 'unstated' }
const heard = (...ders: readonly Uint8Array[]) => ({ blocks: ders.map(toHex), order: 'handshake' })

/** The form of nginx's `$ssl_client_escaped_cert`, and of the header of AWS ALB. */
const nginx = (text: string) => encodeURIComponent(text)
const alb = (text: string) => nginx(text).replaceAll('%2B', '+').replaceAll('%3D', '=').replaceAll('%2F', '/')
const form = (text: string) => nginx(text).replaceAll('%20', '+')
const utf16 = (text: string) => Uint8Array.from([0xff, 0xfe, ...[...text].flatMap((c) => [c.charCodeAt(0), 0])])
const inLines = (text: string) => (text.match(/.{1,76}/g) ?? []).join('\n')
const ascii = (text: string) => new TextEncoder().encode(text)

describe('forms that do not say which certificate comes first', () => {
  it.each([
    ['PEM', pem(A), one],
    ['PEM of several', pem(A) + pem(B), two],
    ['PEM on one line', pem(A).replaceAll('\n', ' '), one],
    ['base64 of DER', toBase64(A), one],
    ['base64 of DER in lines, with blanks around', `\n ${inLines(toBase64(A))}\n`, one],
    ['base64 of DER with zero-width spaces', toBase64(A).replace(/.{50}/g, '$&\u200b'), one],
    ['RFC 9440', `:${toBase64(A)}:`, one],
    ['a list of RFC 9440', `:${toBase64(A)}:, :${toBase64(B)}:`, two],
    ['base64 of PEM', btoa(pem(A)), one],
    ['base64 of PEM of several, in lines', inLines(btoa(pem(A) + pem(B))), two],
    ['base64 of PEM behind a byte order mark', toBase64(ascii(`\ufeff${pem(A)}`)), one],
    ['base64 of PEM in UTF-16', toBase64(utf16(pem(A))), one],
    ['base64 of base64 of PEM', btoa(btoa(pem(A))), { reason: 'pem_no_certificate', looksLike: undefined }],
    ['base64 of PEM, as PEM of it is labelled in Kubernetes', `\ufeff${btoa(pem(A))}\n`, one],
  ])('%s', (_, text, expected) => expect(decode(text)).toEqual(expected))
})

describe("forms of proxies, the client's own certificate first", () => {
  const chain = pem(A) + pem(B)
  it.each([
    ['nginx, one', nginx(pem(A)), heard(A)],
    ['AWS ALB, one', alb(pem(A)), heard(A)],
    ['AWS ALB, all', alb(chain), heard(A, B)],
    ['escapes in lower case', nginx(pem(A)).replace(/%../g, (e) => e.toLowerCase()), heard(A)],
    ['a form', form(pem(A)), heard(A)],
    ['encoded twice', nginx(nginx(pem(A))), heard(A)],
    ['with every character that may be encoded', nginx(pem(A)).replaceAll('-', '%2D'), heard(A)],
    ['URL-encoded base64 of DER', nginx(toBase64(A)), heard(A)],
    ['Traefik', `${toBase64(A)},${toBase64(B)}`, heard(A, B)],
    ['Traefik, escaped as it was before 3.0', nginx(`${toBase64(A)},${toBase64(B)}`), heard(A, B)],
    ['Traefik, with a blank', `${toBase64(A)}, ${toBase64(B)}`, heard(A, B)],
    ['Envoy, Cert', `By=spiffe://x/y;Hash=00ff;Cert="${nginx(pem(A))}";Subject="CN=a;b,c";URI=`, heard(A)],
    ['Envoy, Cert alone', `Cert="${nginx(pem(A))}"`, heard(A)],
    ['Envoy, Cert without quotation marks', `Hash=0;Cert=${nginx(pem(A))}`, heard(A)],
    ['Envoy, Chain', `Hash=0;Chain="${nginx(chain)}"`, heard(A, B)],
    ['Envoy, both', `Hash=0;Cert="${nginx(pem(A))}";Chain="${nginx(chain)}"`, heard(A, B)],
    ['Envoy, a quotation mark within a name', `Subject="CN=\\"a,b\\"";Cert="${nginx(pem(A))}"`, heard(A)],
    ['Envoy, keys in lower case', `hash=0;cert="${nginx(pem(A))}"`, heard(A)],
  ])('%s', (_, text, expected) => expect(decode(text)).toEqual(expected))
})

it('a subject that OpenSSL prints before a PEM is not an element of Envoy’s header', () => {
  expect(decode(`subject=CN = a, O = b\nissuer=CN = c\n${pem(A)}`)).toEqual(one)
})
