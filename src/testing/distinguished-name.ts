import { toHex } from '../core/bytes.ts'
import { ATTRIBUTE_NAMES, type Attribute, DerReader, type Name, TAG } from '../x509/index.ts'

/** OpenSSL's short names: those of RFC 4519, unless OpenSSL differs, and more (X.520, EV guidelines, RFC 2985). */
const OPENSSL_NAMES: ReadonlyMap<string, string> = new Map([
  ...ATTRIBUTE_NAMES,
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.16', 'postalAddress'],
  ['2.5.4.18', 'postOfficeBox'],
  ['2.5.4.20', 'telephoneNumber'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.45', 'x500UniqueIdentifier'],
  ['2.5.4.65', 'pseudonym'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
])

/** A name in the form of RFC 2253 as OpenSSL writes it (`-nameopt RFC2253`): last RDN first, all but ASCII escaped. */
export function rfc2253(name: Name): string {
  return name.rdns
    .filter((rdn) => rdn.length > 0)
    .toReversed()
    .map((rdn) => rdn.toReversed().map(rfc2253Attribute).join('+'))
    .join(',')
}

function rfc2253Attribute({ type, text, der }: Attribute): string {
  const short = OPENSSL_NAMES.get(type)
  if (short === undefined || text === null) return `${short ?? type}=#${toHex(der).toUpperCase()}`
  const escaped = text
    .replace(/[\\,+"<>;]/g, '\\$&')
    .replace(/^#(?=.)|^ | $/gs, '\\$&')
    .replace(/[^\u0020-\u007e]/gu, (character) =>
      toHex(new TextEncoder().encode(character)).toUpperCase().replace(/../g, '\\$&'),
    )
  return `${short}=${escaped}`
}

/**
 * A name as BoringSSL's X509_NAME_oneline writes it: `/C=…/CN=…`, octet by octet. Nothing but `\xHH` is escaped, so a
 * value may look like further attributes. Newer versions of OpenSSL (`-nameopt compat`) write a backslash before `/`, but
 * Cloudflare runs BoringSSL.
 */
export function legacy(name: Name): string {
  return name.rdns
    .flat()
    .map((attribute) => {
      const value = Array.from(valueOctets(attribute), (octet) =>
        octet < 0x20 || octet > 0x7e ? `\\x${hexOctet(octet)}` : String.fromCharCode(octet),
      )
      return `/${OPENSSL_NAMES.get(attribute.type) ?? attribute.type}=${value.join('')}`
    })
    .join('')
}

/** The octets of a value that OpenSSL keeps: the bits of a BIT STRING, a whole SEQUENCE, the content of other types. */
function valueOctets({ tag, der }: Attribute): Uint8Array {
  if (tag === TAG.sequence) return der
  const { content } = DerReader.over(der).read('attribute')
  return tag === TAG.bitString ? content.subarray(1) : content
}

function hexOctet(octet: number): string {
  return toHex(Uint8Array.of(octet)).toUpperCase()
}
