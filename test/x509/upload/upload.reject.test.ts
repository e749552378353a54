import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, bits, bytes, int, nul, oid, seq, time, tlv } from '../../../src/testing/der.ts'
import { basicConstraints, extension } from '../../../src/testing/extensions.ts'
import { decodeUpload, readTwice } from '../../../src/x509/upload/upload.ts'
import { certificate, EC_KEY_OID, pem, root, spkiP256, spkiRsa } from '../../support/pki.ts'

const faults = async (text: string) => {
  const decoded = await decodeUpload(text)
  return decoded.ok ? `accepted: ${decoded.value.certificates.length} certificates` : decoded.error
}
const only = { position: 1, count: 1 }

const LEAF = pem(certificate({ extensions: [basicConstraints(false)] }))
const WEAK = pem(certificate({ spki: spkiRsa(1_024) }))
const NO_PEM_LABEL = pem(certificate(), 'PUBLIC KEY')

describe('a text that is not PEM has one fault, the first', () => {
  it.each([
    ['empty', '', { reason: 'pem_empty' }],
    ['prose', 'my root', { reason: 'pem_no_certificate', looksLike: undefined }],
    ['another label', NO_PEM_LABEL, { reason: 'pem_label', line: 1, label: 'PUBLIC KEY' }],
    ['cut off', root().slice(0, 100), { reason: 'pem_unterminated', line: 1 }],
    ['17 certificates', root().repeat(17), { reason: 'too_many_certificates', limit: 16 }],
  ])('%s', async (_rule, text, fault) => expect(await faults(text)).toEqual([fault]))

  it('before any fault of a certificate', async () => {
    expect(await faults(`${LEAF}${NO_PEM_LABEL}`)).toMatchObject([{ reason: 'pem_label' }])
  })
})

describe('a certificate is refused with its position', () => {
  it.each([
    [
      'malformed: the field and the fault',
      certificate({ serial: tlv(0x02) }),
      { reason: 'malformed_certificate', field: 'tbsCertificate.serialNumber', problem: 'an INTEGER without content' },
    ],
    ['too large', new Uint8Array(16_385), { reason: 'certificate_too_large', bytes: 16_385, limitBytes: 16_384 }],
    ['no CA', certificate({ extensions: [basicConstraints(false)] }), { reason: 'not_a_ca', because: 'ca_false' }],
    [
      'weak key',
      certificate({ spki: spkiRsa(1_024) }),
      { reason: 'key_size', key: 'RSA 1024', minBits: 2_048, maxBits: 8_192 },
    ],
  ])('%s', async (_rule, der, fault) => expect(await faults(pem(der))).toEqual([{ ...fault, ...only }]))

  it('too complex', async () => {
    const nested = Array.from({ length: 30 }).reduce<Uint8Array>((inner) => seq(inner), nul())
    expect(await faults(pem(certificate({ algorithm: seq(oid('1.2.3'), nested) })))).toMatchObject([
      { reason: 'certificate_too_complex', ...only },
    ])
  })
})

it('a certificate that pkijs reads differently is refused, with the field', async () => {
  // pkijs reads years below 100 as 19xx.
  const der = certificate({ notBefore: tlv(0x18, ascii('00010101000000Z')) })
  const decoded = await decodeUpload(pem(der))
  const field = { reason: 'decoders_disagree', field: 'notBefore' }
  expect(decoded.ok && (await readTwice(decoded.value))).toEqual([{ ...field, ...only }])
})

describe('an EC point that is not on its curve is refused', () => {
  const zeros = (curve: string, length: number) =>
    seq(seq(oid(EC_KEY_OID), oid(curve)), bits(bytes([0x04], new Uint8Array(length - 1))))
  const generator = spkiP256().slice()
  const offByOne = generator.map((octet, i) => (i === generator.length - 1 ? octet ^ 1 : octet))
  const tooLarge = spkiP256(fromHex(`04${'ff'.repeat(64)}`))
  it.each([
    ['P-256, one bit off', offByOne, 'EC P-256'],
    ['P-256, coordinates above the prime', tooLarge, 'EC P-256'],
    ['P-256, zero', zeros('1.2.840.10045.3.1.7', 65), 'EC P-256'],
    ['P-384, zero', zeros('1.3.132.0.34', 97), 'EC P-384'],
    ['P-521, zero', zeros('1.3.132.0.35', 133), 'EC P-521'],
  ])('%s', async (_rule, spki, key) => {
    expect(await faults(pem(certificate({ spki })))).toEqual([{ reason: 'key_invalid', key, ...only }])
  })
})

describe('the same certificate twice is refused, with the position of the first', () => {
  const a = root()
  const b = root()
  it.each([
    ['next to each other', a + a, [{ reason: 'repeated_certificate', first: 1, position: 2, count: 2 }]],
    ['with another between', a + b + a, [{ reason: 'repeated_certificate', first: 1, position: 3, count: 3 }]],
    ['the second and the third', b + a + a, [{ reason: 'repeated_certificate', first: 2, position: 3, count: 3 }]],
    [
      'in another form',
      a + a.replaceAll('\n', '\r\n'),
      [{ reason: 'repeated_certificate', first: 1, position: 2, count: 2 }],
    ],
    [
      'three times',
      a + a + a,
      [
        { reason: 'repeated_certificate', first: 1, position: 2, count: 3 },
        { reason: 'repeated_certificate', first: 1, position: 3, count: 3 },
      ],
    ],
  ])('%s', async (_rule, text, expected) => expect(await faults(text)).toEqual(expected))

  it('but a repeated certificate with a fault has that fault only once', async () => {
    expect(await faults(LEAF + LEAF)).toEqual([
      { reason: 'not_a_ca', because: 'ca_false', position: 1, count: 2 },
      { reason: 'repeated_certificate', first: 1, position: 2, count: 2 },
    ])
  })
})

describe('all faults of all certificates come together', () => {
  it('each with its position, with sound certificates between them', async () => {
    const broken = pem(certificate({ version: tlv(0xa0) }))
    expect(await faults(root() + LEAF + root() + broken + WEAK)).toMatchObject([
      { reason: 'not_a_ca', position: 2, count: 5 },
      { reason: 'malformed_certificate', field: 'tbsCertificate.version', position: 4, count: 5 },
      { reason: 'key_size', position: 5, count: 5 },
    ])
  })

  it('several of one certificate have one position', async () => {
    const bad = certificate({
      spki: spkiRsa(1_024),
      extensions: [extension('1.2.3.4', int(1), true)],
      notAfter: time('2024-01-01T00:00:00Z'),
    })
    const found = await faults(root() + pem(bad))
    expect(found).toHaveLength(4)
    for (const reason of ['not_a_ca', 'key_size', 'unknown_critical_extension', 'validity_reversed']) {
      expect(found).toContainEqual(expect.objectContaining({ reason, position: 2, count: 2 }))
    }
  })
})
