import { toBase64 } from '../../../src/core/bytes.ts'
import { encodePem } from '../../../src/x509/index.ts'
import { fromBase64 } from '../base64.ts'
import { type Json, mutatedJson } from '../json-edits.ts'
import { p256 } from '../keys.ts'
import { NOW, newRoot, type Party, randomCertificate, randomName, resigned } from '../make.ts'
import type { Random } from '../random.ts'
import { donorsOf } from '../source.ts'
import { labTarget } from '../target.ts'
import { mutatedText } from '../text-edits.ts'
import { mutated } from '../tlv-edits.ts'
import type { HandshakeInput } from '../wire.ts'

interface Input extends HandshakeInput {
  /** The client certificates that the registered CA signed and nobody changed, base64. */
  readonly genuine: readonly string[]
}

const TOKENS = [':', ', ', ':AA==:', '=', '::', '\n'] as const
const HOSTNAMES = [
  'a.example.com',
  'A.EXAMPLE.com',
  'a.example.com.',
  '[::1]',
  '127.0.0.1',
  'localhost',
  'münchen.example',
  '',
] as const

/** Names of headers by which a client could pass for another. */
const CLAIMS = [
  'Client-Cert',
  'client_cert',
  'Client-Cert-Chain',
  'Cf-Client-Cert-Der-Base64',
  'CF_CLIENT_CERT-SHA256',
  'X-SSL-Client-Cert',
  'ssl-client-verify',
  'X-Forwarded-Client-Cert',
  'X-Amzn-Mtls-Clientcert',
  'Access-Mtls-Client',
  'Forwarded',
  'X-Forwarded-Host',
  'Connection',
] as const
const HEADERS: readonly (readonly [string, string])[] = [
  ['accept', 'text/html'],
  ['accept', 'text/html;q=x, */*'],
  ['accept', ',;q=0;;'],
  ['cf-ray', '1-FRA'],
]

/** Requests to the gateway, with what Cloudflare says of the handshake in any shape. Only genuine certificates get in. */
export const tlsClientAuth = labTarget<Input>({
  name: 'tls-client-auth',
  batch: 100,
  weight: 3,
  maker: () => make,
  problem: ({ genuine }, { accepted, facts }) =>
    accepted && !genuine.includes(String(facts)) ? 'a certificate that the CA did not sign is let in' : undefined,
  show: ({ cf, hostname, headers, anchor }) =>
    `${hostname}\n${JSON.stringify(headers)}\n${JSON.stringify(cf)}\n${encodePem(fromBase64(anchor))}`,
})

function make(random: Random): Input {
  const root = newRoot(random, 'Fuzz Root')
  const ca: Party = { name: randomName(random, 'Fuzz CA'), key: p256('intermediate') }
  const client: Party = { name: randomName(random, 'client'), key: p256('client') }
  const caDer = randomCertificate(random, { subject: ca, issuer: root.party, isCa: true, plain: true })
  const issuer = random.oneIn(2) ? root.party : ca
  const leaf = randomCertificate(random, { subject: client, issuer, isCa: random.oneIn(20), plain: true })
  const changed = random.oneIn(3) ? forged(leaf, random, client) : leaf
  const list = (ders: readonly Uint8Array[]) => ders.map((der) => `:${toBase64(der)}:`).join(', ')
  const text = (plain: string) => (random.oneIn(8) ? mutatedText(plain, random, TOKENS) : plain)
  const auth: Record<string, Json> = {
    certPresented: '1',
    certVerified: 'FAILED:self signed certificate',
    certRFC9440: text(list([changed])),
    certRFC9440TooLarge: random.oneIn(30),
    certChainRFC9440: text(random.oneIn(2) ? list([caDer]) : random.oneIn(2) ? list([root.der, leaf, caDer]) : ''),
    certChainRFC9440TooLarge: random.oneIn(30),
  }
  const shaped = random.oneIn(2) ? mutatedJson(auth, random) : auth
  const cf = random.oneIn(30) ? random.pick<Json>([null, {}, { tlsClientAuth: null }]) : { tlsClientAuth: shaped }
  const hostname = random.oneIn(6) ? random.pick(HOSTNAMES) : 'a.example.com'
  const claims = Array.from({ length: random.few(3) }, () => [changedName(random), `:${toBase64(leaf)}:`] as const)
  const headers = [...claims, ...(random.oneIn(3) ? [random.pick(HEADERS)] : [])]
  const signed = [leaf, caDer, root.der].map(toBase64)
  return { cf, hostname, headers, anchor: toBase64(root.der), at: NOW, genuine: signed }
}

/** The name of a claim, with other characters between its words. */
function changedName(random: Random): string {
  const name: string = random.pick(CLAIMS)
  if (random.oneIn(2)) return name
  return name.replaceAll(/[-_]/g, () => random.pick(['-', '_', '.', '--', '~', '!'])).toUpperCase()
}

/** A certificate that its issuer did not sign as it is. */
function forged(leaf: Uint8Array, random: Random, client: Party): Uint8Array {
  const changed = mutated(leaf, random, donorsOf([leaf], [], random))
  return random.oneIn(3) ? resigned(changed, client.key) : changed
}
