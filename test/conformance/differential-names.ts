import { ascii, type Bytes, explicit, implicit, oid, seq, set, utf8 } from '../../src/testing/der.ts'

/** A distinguished name of one O. */
export const organization = (value: string): Bytes => seq(set(seq(oid('2.5.4.10'), utf8(value))))

const octetsOf = (address: string) => address.split('.').map(Number)

/**
 * A GeneralName from a short notation: `dns:example.com`, `ip:192.0.2.1`, `email:u@example.com`, `uri:https://…`, `dir:Org`;
 * as the base of a constraint, `ip:192.0.2.0/24`.
 */
export function generalName(notation: string): Bytes {
  const [form = '', ...rest] = notation.split(':')
  const value = rest.join(':')
  switch (form) {
    case 'dns':
      return implicit(2, ascii(value))
    case 'email':
      return implicit(1, ascii(value))
    case 'uri':
      return implicit(6, ascii(value))
    case 'dir':
      return explicit(4, organization(value))
    case 'ip': {
      const [address = '', prefix] = value.split('/')
      const ones = Number(prefix ?? 0)
      const mask = [0, 8, 16, 24].map((from) => (256 - 2 ** (8 - Math.min(8, Math.max(0, ones - from)))) & 255)
      return implicit(7, [...octetsOf(address), ...(prefix === undefined ? [] : mask)])
    }
    default:
      throw new Error(`no name: ${notation}`)
  }
}
