import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  bits,
  bool,
  bytes,
  explicit,
  implicit,
  int,
  nul,
  octets,
  oid,
  printable,
  seq,
  set,
  tlv,
} from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage, name } from '../../../src/testing/extensions.ts'
import { type Certificate, readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { criticalExtensionFaults } from '../../../src/x509/certificate/extensions.ts'
import { authorityKeyIdentifier, subjectKeyIdentifier } from '../../../src/x509/certificate/informing-extensions.ts'
import { constrainedNames } from '../../../src/x509/path/names/constrained-names.ts'
import { displayGeneralName } from '../../../src/x509/path/names/subtree.ts'
import { policyValues } from '../../../src/x509/path/policy-values.ts'
import { caFaults } from '../../../src/x509/upload/ca-rules.ts'
import { certificate, dnsNames, RSA_KEY_OID, RSA_SHA256 } from '../../support/pki.ts'

const uri = implicit(6, ascii('http://a.example'))
const point = explicit(0, explicit(0, uri))

/** Certificates that together reach every reader of the folder. */
const SOUND = {
  'EC, with a little of every extension': certificate({
    serial: int(fromHex('00f00d')),
    issuer: seq(set(seq(oid('2.5.4.6'), printable('DE'))), set(seq(oid('2.5.4.3'), tlv(0x1e, fromHex('004b00f6'))))),
    notAfter: tlv(0x18, ascii('20500101000000Z')),
    uniqueIds: bytes(implicit(1, [4, 0xf0]), implicit(2, [0, 0x01])),
    extensions: [
      basicConstraints(true, 3),
      keyUsage(0x06, 1),
      dnsNames('a.example', '*.b.example'),
      extension('2.5.29.14', octets(fromHex('0102'))),
      extension('2.5.29.35', seq(implicit(0, [1]), explicit(1, explicit(4, name('x'))), implicit(2, [1]))),
      extension('2.5.29.30', seq(explicit(0, seq(implicit(7, [10, 0, 0, 0, 255, 0, 0, 0]), implicit(0, [0]))))),
      extension('2.5.29.31', seq(seq(point, implicit(1, [1, 2]), explicit(2, explicit(4, name('x')))))),
      extension('2.5.29.32', seq(seq(oid('2.5.29.32.0'), seq(seq(oid('1.2.3'), nul()))))),
      extension('2.5.29.33', seq(seq(oid('1.2.3'), oid('1.2.4')))),
      extension('2.5.29.36', seq(implicit(0, [0]), implicit(1, [1]))),
      extension('2.5.29.37', seq(oid('1.3.6.1.5.5.7.3.2'))),
      extension('2.5.29.54', int(0)),
      extension('2.5.29.9', seq(seq(oid('1.2.3'), set(bool(true))))),
      extension('1.3.6.1.5.5.7.1.1', seq(seq(oid('1.3.6.1.5.5.7.48.1'), uri))),
      extension('1.2.3.4', bytes([0xff]), false),
    ],
  }),
  'critical extensions that are read when asked for': certificate({
    extensions: [
      extension('2.5.29.17', seq(uri, explicit(4, name('x')), explicit(0, oid('1.2.3'), explicit(0, nul()))), true),
      extension('2.5.29.31', seq(seq(explicit(0, explicit(1, seq(oid('2.5.4.3'), printable('x')))))), true),
      extension(
        '2.5.29.32',
        seq(
          seq(
            oid('1.2.3'),
            seq(
              seq(oid('1.3.6.1.5.5.7.2.1'), tlv(0x16, ascii('x:y'))),
              seq(oid('1.3.6.1.5.5.7.2.2'), seq(seq(tlv(0x0c, ascii('x')), seq(int(1))), tlv(0x1a, ascii('y')))),
            ),
          ),
        ),
        true,
      ),
    ],
  }),
  'RSA, version 1': certificate({
    version: null,
    serial: int(1),
    algorithm: RSA_SHA256,
    spki: seq(seq(oid(RSA_KEY_OID), nul()), bits(seq(int(fromHex('00c7'.padEnd(36, '1'))), int(3)))),
    extensions: null,
  }),
}

/** Reads everything of a certificate that is decoded later; a fault is a value too. */
function askEverything(certificate: Certificate): void {
  expect(Array.isArray(caFaults(certificate))).toBe(true)
  expect(typeof constrainedNames(certificate).ok).toBe('boolean')
  expect(typeof policyValues(certificate).mappings.length).toBe('number')
  for (const ask of [authorityKeyIdentifier, subjectKeyIdentifier]) {
    expect(['string', 'undefined']).toContain(typeof ask(certificate))
  }
  const names = constrainedNames(certificate)
  for (const one of names.ok ? names.value : []) expect(displayGeneralName(one)).toMatch(/^[^\u0080-\u009f]{1,257}$/su)
}

/** The sound certificate with one octet changed. */
function changed(der: Uint8Array, at: number, change: (octet: number) => number): Uint8Array {
  return der.map((octet, i) => (i === at ? change(octet) : octet))
}

describe.each(Object.entries(SOUND))('reading never throws: %s', (_name, der) => {
  it('unchanged, it is sound, critical extensions included', () => {
    const read = readCertificate(der)
    expect(read).toMatchObject({ ok: true })
    if (read.ok) expect(criticalExtensionFaults(read.value.extensions)).toEqual([])
  })

  it('cut anywhere, it is refused', () => {
    for (let length = 0; length < der.length; length += 1) {
      const read = readCertificate(der.subarray(0, length))
      expect(read, `cut to ${length} bytes`).toMatchObject({ ok: false, error: { reason: 'malformed_certificate' } })
    }
  })

  it('with its start missing, it is refused', () => {
    for (let start = 1; start <= der.length; start += 1) {
      const read = readCertificate(der.subarray(start))
      expect(read, `from byte ${start}`).toMatchObject({ ok: false, error: { reason: 'malformed_certificate' } })
    }
  })

  it.each([0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80])(
    'with bit %i of any octet flipped, it returns a Result',
    (bit) => {
      const refused: number[] = []
      for (let at = 0; at < der.length; at += 1) {
        const read = readCertificate(changed(der, at, (octet) => octet ^ bit))
        if (read.ok) {
          askEverything(read.value)
          continue
        }
        expect(['malformed_certificate', 'certificate_too_complex']).toContain(read.error.reason)
        refused.push(at)
      }
      // The first four octets are tag and length of the certificate: any flip there must be refused.
      expect(refused.slice(0, 4)).toEqual([0, 1, 2, 3])
    },
  )

  it.each([0x00, 0x30, 0x7f, 0x80, 0x84, 0xff])('with any octet replaced by %i, it returns a Result', (value) => {
    for (let at = 0; at < der.length; at += 1) {
      const read = readCertificate(changed(der, at, () => value))
      expect(typeof read.ok, `octet ${at}`).toBe('boolean')
      if (read.ok) askEverything(read.value)
    }
  })

  it('with any octet doubled or dropped, it is refused', () => {
    for (let at = 0; at < der.length; at += 1) {
      const doubled = bytes(der.subarray(0, at + 1), der.subarray(at))
      const dropped = bytes(der.subarray(0, at), der.subarray(at + 1))
      expect(readCertificate(doubled).ok, `octet ${at} doubled`).toBe(false)
      expect(readCertificate(dropped).ok, `octet ${at} dropped`).toBe(false)
    }
  })
})
