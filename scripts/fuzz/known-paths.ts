import { createHash } from 'node:crypto'
import { toHex } from '../../src/core/bytes.ts'
import { ascii, type Bytes, oid } from '../../src/testing/der.ts'
import { authorityKeyIdentifier, subjectKeyIdentifier } from '../../src/testing/extensions.ts'
import { type Chain, withEach, withExtensions } from './chain.ts'
import { p256 } from './keys.ts'
import { encode, leaf, parse, type Tlv } from './tlv.ts'

/**
 * A kind of path that is accepted here and that OpenSSL refuses. A class explains a disagreement only if, with its trait taken out of
 * the chain, both accept. The names are those of docs/conformance.md.
 */
export interface PathClass {
  readonly name: string
  readonly without: (chain: Chain) => Chain
}

const hexOf = (id: string): string => toHex(oid(id))
const isOneOf = (ids: readonly string[]) => {
  const wanted = new Set(ids.map(hexOf))
  return ({ children: [id] = [] }: Tlv): boolean => id !== undefined && wanted.has(toHex(encode(id)))
}

const isKeyIdentifier = isOneOf(['2.5.29.14', '2.5.29.35'])
/** Those that RFC 5280 6.1 decides by. */
const decides = isOneOf(['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.30', '2.5.29.33', '2.5.29.36', '2.5.29.54'])
const isExtKeyUsage = isOneOf(['2.5.29.37'])
const isKeyUsage = isOneOf(['2.5.29.15'])
const ANY_PURPOSE = hexOf('2.5.29.37.0')
const allowsAny = (extension: Tlv): boolean =>
  isExtKeyUsage(extension) && toHex(encode(extension)).includes(ANY_PURPOSE)

type Attributes = Tlv[]

/** The chain with the attributes of each RDN of each name changed. */
function withRdns(chain: Chain, change: (rdn: Attributes) => Attributes): Chain {
  return withEach(chain, (members) => {
    // Issuer and subject are the third and fifth member after the version.
    const first = members[0]?.tag === 0xa0 ? 1 : 0
    for (const name of [members[first + 2], members[first + 4]]) {
      for (const rdn of name?.children ?? []) rdn.children = rdn.children && change(rdn.children)
    }
  })
}

/** Attributes whose values OpenSSL does not read, as text. */
function withText(rdn: Attributes): Attributes {
  for (const { children = [] } of rdn) if (!STRINGS.has(children[1]?.tag ?? 0)) children[1] = leaf(0x0c, ascii('x'))
  return rdn
}

/** The first attribute of each type. */
function withoutRepetition(rdn: Attributes): Attributes {
  const types = rdn.map(({ children: [type] = [] }) => (type === undefined ? '' : toHex(encode(type))))
  return rdn.filter((_, at) => types.indexOf(types[at] ?? '') === at)
}

/** The tags of the string types that names have. */
const STRINGS: ReadonlySet<number> = new Set([0x0c, 0x12, 0x13, 0x14, 0x16, 0x1c, 0x1e])

/** The client's key as a good one. */
function withGoodLeafKey(chain: Chain): Chain {
  return withEach(chain, (members, isLeaf) => {
    const at = (members[0]?.tag === 0xa0 ? 1 : 0) + 5
    const good = parse(p256('client').spki)
    if (isLeaf && good !== undefined) members[at] = good
  })
}

/** Each certificate with identifiers of its key and its issuer's: OpenSSL takes it for self-signed by its name otherwise. */
function withIdentifiers(chain: Chain): Chain {
  return withEach(chain, (members, _, signer) => {
    const key = members[(members[0]?.tag === 0xa0 ? 1 : 0) + 5]
    const list = members.find(({ tag }) => tag === 0xa3)?.children?.[0]
    if (key === undefined || list?.children === undefined) return
    const added = [
      subjectKeyIdentifier(encode(key).subarray(-20)),
      authorityKeyIdentifier(p256(signer).spki.subarray(-20)),
    ].flatMap((der) => parse(der) ?? [])
    list.children = [...list.children.filter((one) => !isKeyIdentifier(one)), ...added]
  })
}

/** The most frequent ones first: each is tried by processes of OpenSSL. */
export const PATH_CLASSES: readonly PathClass[] = [
  {
    name: 'key-identifiers-differ',
    without: (chain) => withExtensions(chain, (list) => list.filter((one) => !isKeyIdentifier(one))),
  },
  {
    name: 'extension-that-decides-nothing',
    without: (chain) => withExtensions(chain, (list) => list.filter(decides)),
  },
  { name: 'self-issued-without-identifiers', without: withIdentifiers },
  { name: 'name-value-type', without: (chain) => withRdns(chain, withText) },
  { name: 'attribute-twice', without: (chain) => withRdns(chain, withoutRepetition) },
  { name: 'leaf-key-not-checked', without: withGoodLeafKey },
  {
    name: 'ca-any-purpose',
    without: (chain) =>
      withExtensions(chain, (list, isLeaf) => (isLeaf ? list : list.filter((one) => !allowsAny(one)))),
  },
  {
    name: 'ca-leaf-key-usage',
    without: (chain) =>
      withExtensions(chain, (list, isLeaf) => (isLeaf ? list.filter((one) => !isKeyUsage(one)) : list)),
  },
]

/** The chain with the certificates of a path only: OpenSSL has no other issuer to choose then. */
export function alone({ leaf: client, intermediates, anchors }: Chain, path: readonly string[]): Chain {
  const byDigest = new Map([...intermediates, ...anchors].map((link) => [digestOf(link.der), link]))
  const links = path.slice(1).flatMap((digest) => byDigest.get(digest) ?? [])
  return { leaf: client, intermediates: links.slice(0, -1), anchors: path.length === 1 ? [client] : links.slice(-1) }
}

function digestOf(der: Bytes): string {
  return createHash('sha256').update(der).digest('hex')
}
