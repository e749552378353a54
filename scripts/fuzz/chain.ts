import type { Bytes } from '../../src/testing/der.ts'
import { p256 } from './keys.ts'
import { newRoot, type Party, randomCertificate, randomName, resigned } from './make.ts'
import type { Random } from './random.ts'
import { donorsOf } from './source.ts'
import { encode, parse, type Tlv } from './tlv.ts'
import { mutate, mutated } from './tlv-edits.ts'

/** A certificate and the name of the key that signed it, so that it can be signed again. */
export interface Link {
  readonly der: Bytes
  readonly signer: string
}

/** A client's certificates and the registered ones. */
export interface Chain {
  readonly leaf: Link
  readonly intermediates: readonly Link[]
  readonly anchors: readonly Link[]
}

const MOST_INTERMEDIATES = 3

/** A chain that is sound; sometimes with certificates that are of no use. */
export function soundChain(random: Random): Chain {
  const signer = (level: number) => `path ${level}`
  const root = newRoot(random, signer(0))
  let issuer: Party = root.party
  const intermediates: Link[] = []
  const depth = random.below(MOST_INTERMEDIATES + 1)
  for (let level = 1; level <= depth; level += 1) {
    const subject: Party = { name: randomName(random, signer(level)), key: p256(signer(level)) }
    intermediates.push({
      der: randomCertificate(random, { subject, issuer, isCa: true, plain: !random.oneIn(3) }),
      signer: signer(level - 1),
    })
    issuer = subject
  }
  const client: Party = { name: randomName(random, 'client'), key: p256('client') }
  const leaf = randomCertificate(random, { subject: client, issuer, isCa: random.oneIn(20), plain: !random.oneIn(2) })
  const other = newRoot(random, 'path other')
  return {
    leaf: { der: leaf, signer: signer(depth) },
    intermediates: random.oneIn(4) ? intermediates.toReversed() : intermediates,
    anchors: [
      { der: root.der, signer: signer(0) },
      ...(random.oneIn(4) ? [{ der: other.der, signer: 'path other' }] : []),
    ],
  }
}

/** A chain in which one or two certificates are changed, and signed again by the same keys most of the time. */
export function changedChain(chain: Chain, random: Random, corpus: readonly Tlv[]): Chain {
  const all = [chain.leaf, ...chain.intermediates, ...chain.anchors]
  const donors = donorsOf(
    all.map(({ der }) => der),
    corpus,
    random,
  )
  const count = 1 + random.few(1)
  const chosen = new Set(Array.from({ length: count }, () => (random.oneIn(2) ? 0 : random.below(all.length))))
  const changed = all.map((link, at) => (chosen.has(at) ? changedLink(link, random, donors) : link))
  const [leaf = chain.leaf, ...above] = changed
  const middle = chain.intermediates.length
  return { leaf, intermediates: above.slice(0, middle), anchors: above.slice(middle) }
}

function changedLink({ der, signer }: Link, random: Random, donors: readonly Tlv[]): Link {
  if (random.oneIn(10)) return { der: mutated(der, random, donors), signer }
  const tree = parse(der)
  const [tbs] = tree?.children ?? []
  if (tree === undefined || tbs === undefined) return { der, signer }
  // Extensions decide most, and other fields are often malformed after a change.
  const extensions = tbs.children?.find(({ tag }) => tag === 0xa3)
  mutate(tree, random, donors, random.oneIn(3) ? tbs : (extensions ?? tbs))
  return { der: resigned(encode(tree), p256(signer)), signer }
}

/**
 * The chain with every certificate changed, and signed again.
 * @param change gets the members of the TBSCertificate, and the name of the key that signs it
 */
export function withEach(chain: Chain, change: (members: Tlv[], isLeaf: boolean, signer: string) => void): Chain {
  const changed = (isLeaf: boolean) => (link: Link) => {
    const tree = parse(link.der)
    const members = tree?.children?.[0]?.children
    if (tree === undefined || members === undefined) return link
    change(members, isLeaf, link.signer)
    return { ...link, der: resigned(encode(tree), p256(link.signer)) }
  }
  return {
    leaf: changed(true)(chain.leaf),
    intermediates: chain.intermediates.map(changed(false)),
    anchors: chain.anchors.map(changed(false)),
  }
}

/** The chain with each certificate's list of extensions replaced. */
export function withExtensions(chain: Chain, change: (list: readonly Tlv[], isLeaf: boolean) => readonly Tlv[]): Chain {
  return withEach(chain, (members, isLeaf) => {
    const list = members.find(({ tag }) => tag === 0xa3)?.children?.[0]
    if (list?.children !== undefined) list.children = [...change(list.children, isLeaf)]
  })
}
