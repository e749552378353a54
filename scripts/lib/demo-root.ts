import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

/** A root's life, in days: long enough that a demo never surprises anyone. */
const LIFE_DAYS = 3_650

const KEY_CERT_SIGN_AND_CRL_SIGN = 0x06

/**
 * Makes a self-signed root for the first run's example, as PEM. Its private key is thrown away: nobody, not even
 * this machine, can issue client certificates under it.
 */
export async function makeDemoRoot(now: Date): Promise<string> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const root = new pkijs.Certificate()
  root.version = 2
  root.serialNumber = new asn1js.Integer({ valueHex: serialNumber().buffer })
  for (const name of [root.subject, root.issuer]) {
    name.typesAndValues.push(
      new pkijs.AttributeTypeAndValue({
        type: '2.5.4.3',
        value: new asn1js.Utf8String({ value: 'access-mtls example root' }),
      }),
    )
  }
  root.notBefore.value = wholeSeconds(now.getTime())
  root.notAfter.value = wholeSeconds(now.getTime() + LIFE_DAYS * 86_400_000)
  await root.subjectPublicKeyInfo.importKey(keys.publicKey)
  root.extensions = [
    extension('2.5.29.19', new pkijs.BasicConstraints({ cA: true }).toSchema()),
    extension('2.5.29.15', keyUsage(KEY_CERT_SIGN_AND_CRL_SIGN)),
  ]
  await root.sign(keys.privateKey, 'SHA-256')
  const base64 = Buffer.from(root.toSchema(true).toBER()).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function extension(extnID: string, value: asn1js.BaseBlock): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical: true, extnValue: value.toBER() })
}

/** One octet of named bits, without the trailing zero (X.690 11.2.2). */
function keyUsage(octet: number): asn1js.BitString {
  return new asn1js.BitString({ valueHex: Uint8Array.of(octet).buffer, unusedBits: 1 })
}

/** 63 random bits, positive, and never with a leading zero octet (RFC 5280 4.1.2.2). */
function serialNumber(): Uint8Array<ArrayBuffer> {
  const octets = crypto.getRandomValues(new Uint8Array(8))
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets
}

function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}
