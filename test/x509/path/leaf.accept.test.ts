import { expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, implicit, seq } from '../../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage, keyUsage, subjectAltName } from '../../../src/testing/extensions.ts'
import { spkiRsa } from '../../support/pki.ts'
import {
  ANY_PURPOSE_OID,
  CLIENT_AUTH_OID,
  DIGITAL_SIGNATURE,
  decide,
  issue,
  issueLeaf,
  KEY_CERT_SIGN,
  SERVER_AUTH_OID,
} from '../../support/x509/chain.ts'

const root = await issue({ cn: 'Root' })
const CLIENT = extKeyUsage(CLIENT_AUTH_OID)
const EMAIL = implicit(1, ascii('a@example.com'))
const NO_CONSTRAINTS = extension('2.5.29.30', seq(implicit(0xa0 - 0x80, seq(implicit(2, ascii('example.com'))))), true)

/** From subjectDirectoryAttributes to subjectInfoAccess. */
const INFORMING = [
  '2.5.29.9',
  '2.5.29.14',
  '2.5.29.18',
  '2.5.29.31',
  '2.5.29.32',
  '2.5.29.35',
  '2.5.29.46',
  '1.3.6.1.5.5.7.1.1',
  '1.3.6.1.5.5.7.1.11',
]

it.each<readonly [rule: string, extensions: readonly Bytes[] | null]>([
  ['clientAuth and digitalSignature', [DIGITAL_SIGNATURE, CLIENT]],
  ['no extKeyUsage: it restricts nothing', [DIGITAL_SIGNATURE]],
  ['no keyUsage', [CLIENT]],
  ['no extensions at all', null],
  ['clientAuth among other purposes', [extKeyUsage(SERVER_AUTH_OID, CLIENT_AUTH_OID)]],
  ['clientAuth beside anyExtendedKeyUsage', [extKeyUsage(ANY_PURPOSE_OID, CLIENT_AUTH_OID)]],
  ['digitalSignature among other usages', [keyUsage(0xa0, 5), CLIENT]],
  ['basicConstraints cA FALSE', [basicConstraints(false), CLIENT]],
  ['a CA (RFC 5280 6.1 makes no difference)', [basicConstraints(true), KEY_CERT_SIGN]],
  ['a CA with nameConstraints', [basicConstraints(true), KEY_CERT_SIGN, CLIENT, NO_CONSTRAINTS]],
  ['a CA with pathLen 0, which says nothing about itself', [basicConstraints(true, 0), KEY_CERT_SIGN, CLIENT]],
  ['a subjectAltName of no characters, as cfssl writes for "hosts": [""]', [CLIENT, subjectAltName([implicit(2, [])])]],
  ['a subjectAltName without names', [CLIENT, subjectAltName([])]],
  ['a subjectAltName that is no DER', [CLIENT, extension('2.5.29.17', fromHex('ff'))]],
  ['a critical subjectAltName with a malformed name', [CLIENT, subjectAltName([implicit(2, ascii('a b'))], true)]],
  [
    'other extensions that decide nothing, malformed',
    [CLIENT, ...INFORMING.map((id) => extension(id, fromHex('3080')))],
  ],
  ['keyCertSign without cA: an issuer rule, see docs/conformance.md', [keyUsage(0x84, 2), CLIENT]],
])('a leaf may have: %s', async (_rule, extensions) => {
  expect(await decide({ leaf: await issueLeaf(root, { extensions }), anchors: [root] })).toMatchObject({
    accepted: true,
  })
})

it('a leaf of version 1, as `openssl x509 -req` writes it', async () => {
  const leaf = await issueLeaf(root, { version: new Uint8Array(), extensions: null })
  expect(await decide({ leaf, anchors: [root] })).toMatchObject({ accepted: true })
})

it('an empty subject with a critical subjectAltName', async () => {
  const leaf = await issueLeaf(root, { subject: seq(), extensions: [CLIENT, subjectAltName([EMAIL], true)] })
  expect(await decide({ leaf, anchors: [root] })).toMatchObject({ accepted: true })
})

it('the moments notBefore and notAfter themselves, fractions cut off', async () => {
  const leaf = await issueLeaf(root)
  for (const at of [Date.UTC(2025, 0, 1) / 1000, Date.UTC(2035, 0, 1) / 1000 + 0.9]) {
    expect(await decide({ leaf, anchors: [root], at })).toMatchObject({ accepted: true })
  }
})

it.each([2048, 3072, 8192])('a leaf with an RSA key of %s bits', async (bits) => {
  const leaf = await issueLeaf(root, { spki: spkiRsa(bits) })
  expect(await decide({ leaf, anchors: [root] })).toMatchObject({ accepted: true })
})

it('another purpose, when it is asked for', async () => {
  const leaf = await issueLeaf(root, { extensions: [extKeyUsage(SERVER_AUTH_OID)] })
  const purpose = { name: 'serverAuth', extKeyUsage: [SERVER_AUTH_OID], keyUsage: [] }
  expect(await decide({ leaf, anchors: [root], purpose })).toMatchObject({ accepted: true })
})

it('a purpose that one of several key usages suffices for', async () => {
  const leaf = await issueLeaf(root, { extensions: [keyUsage(0x80, 7), CLIENT] })
  const purpose = {
    name: 'either',
    extKeyUsage: [CLIENT_AUTH_OID],
    keyUsage: ['keyAgreement', 'digitalSignature'],
  } as const
  expect(await decide({ leaf, anchors: [root], purpose })).toMatchObject({ accepted: true })
})
