import { describe, expect, it } from 'vitest'
import { oid, printable, seq, set, utf8 } from '../../../src/testing/der.ts'
import { type CaKeys, caKeys } from '../../../src/x509/certificate/ca-keys.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { type CertificateParts, certificate, spkiP256, spkiRsa } from '../../support/pki.ts'

async function keysOf(parts: CertificateParts): Promise<CaKeys> {
  const read = readCertificate(certificate(parts))
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return caKeys(read.value)
}

const cn = (value: Uint8Array) => seq(set(seq(oid('2.5.4.3'), value)))
const sound = await keysOf({ subject: cn(utf8('Root')) })

describe('the keys of a CA', () => {
  it('never change, since they are stored', () => {
    // sha256sum of `["2.5.4.3=root"]`, and of the same followed by a zero octet and the DER of spkiP256().
    expect(sound).toEqual({
      nameKey: '36d00365e04aa04ddd92d93a46fed5520ba5c5d5118ac8e16c4aa2ffc110ab33',
      caKey: '401b998b2db9a0bd51a1f95ee8ac147914cec4678ed9f603824d8afa9c27c501',
    })
  })

  it('are the same for any issuer and any spelling of its name (RFC 5280 7.1)', async () => {
    expect(await keysOf({ subject: cn(printable(' rOOt ')), issuer: cn(utf8('Other')) })).toEqual(sound)
  })

  it('differ with the key; nameKey does not', async () => {
    const { nameKey, caKey } = await keysOf({ subject: cn(utf8('Root')), spki: spkiRsa(2_048) })
    expect(nameKey).toBe(sound.nameKey)
    expect(caKey).not.toBe(sound.caKey)
  })

  it('differ with the name', async () => {
    const other = await keysOf({ subject: cn(utf8('Root 2')), spki: spkiP256() })
    expect(other.nameKey).not.toBe(sound.nameKey)
    expect(other.caKey).not.toBe(sound.caKey)
  })
})
