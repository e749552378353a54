import { ATTRIBUTE_NAMES } from '../x509/index.ts'
import { ascii, type Bytes, printable, tlv, utf8 } from './der.ts'
import { dns, email, ip, name, nameOf, uri } from './extensions.ts'

/** DER of names in the form in which people write them. */

/** Types of attributes by the short names of RFC 4519. */
const TYPES: ReadonlyMap<string, string> = new Map(Array.from(ATTRIBUTE_NAMES, ([type, short]) => [short, type]))

/** How the values of some types are encoded (RFC 5280 appendix A.1); other types are a UTF8String. */
const ENCODINGS: ReadonlyMap<string, (text: string) => Bytes> = new Map([
  ['C', printable],
  ['serialNumber', printable],
  ['dnQualifier', printable],
  ['DC', ia5],
  ['emailAddress', ia5],
])

/**
 * A distinguished name from a common name, or from attributes in order, each with a short name or a dotted OID.
 * @throws TypeError when a type is neither
 */
export function subjectName(subject: string | Readonly<Record<string, string>>): Bytes {
  if (typeof subject === 'string') return name(subject)
  return nameOf(
    ...Object.entries(subject).map(([short, text]) => {
      const type = TYPES.get(short) ?? short
      if (!/^[0-2](?:\.\d+)+$/.test(type)) {
        throw new TypeError(`subject: ${short} is no attribute; take one of ${[...TYPES.keys()].join(', ')}, or an OID`)
      }
      return [type, (ENCODINGS.get(short) ?? utf8)(text)] as const
    }),
  )
}

const FORMS = { DNS: dns, email, URI: uri, IP: (text: string) => ip(...addressOctets(text)) }

/** A GeneralName as OpenSSL writes it: `DNS:a.example`, `URI:spiffe://…`. @throws TypeError for another form */
export function generalName(text: string): Bytes {
  const [, form = '', value = ''] = /^(\w+):(.*)$/s.exec(text) ?? []
  if (Object.hasOwn(FORMS, form)) return FORMS[form as keyof typeof FORMS](value)
  throw new TypeError(`subjectAltName: ${text} does not begin with ${Object.keys(FORMS).join(':, ')}:`)
}

/** The octets of an IPv4 or IPv6 address. */
function addressOctets(text: string): readonly number[] {
  const octets = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) ? text.split('.').map(Number) : []
  if (octets.length > 0 && octets.every((octet) => octet < 256)) return octets
  if (!URL.canParse(`http://[${text}]/`)) throw new TypeError(`subjectAltName: ${text} is not an IP address`)
  const [front = [], back = []] = new URL(`http://[${text}]/`).hostname
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16)).flatMap((n) => [n >> 8, n & 0xff])
}

function ia5(text: string): Bytes {
  return tlv(0x16, ascii(text))
}
