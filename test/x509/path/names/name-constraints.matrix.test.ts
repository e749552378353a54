import { expect, it } from 'vitest'
import type { Bytes } from '../../../../src/testing/der.ts'
import { ip, name, nameConstraints, subjectAltName } from '../../../../src/testing/extensions.ts'
import { ca, DIGITAL_SIGNATURE, issue, issueLeaf, newKeys, pathOf } from '../../../support/x509/chain.ts'
import { dns } from '../../../support/x509/constraints.ts'

/**
 * Every combination of constraints on two forms with names of both: a path is refused if, and only if, a name is not in the
 * permitted set of its form or is in the excluded one. Constraints on the other form make no difference.
 */

type Where = 'none' | 'inside' | 'outside'
const WHERES: readonly Where[] = ['none', 'inside', 'outside']

/** For each form: names inside and outside of a subtree, and the subtrees of both. */
const FORMS = {
  dNSName: {
    name: { inside: dns('a.example.com'), outside: dns('b.example.org') },
    subtree: { inside: dns('example.com'), outside: dns('example.org') },
  },
  iPAddress: {
    name: { inside: ip(192, 0, 2, 1), outside: ip(198, 51, 100, 1) },
    subtree: { inside: ip(192, 0, 2, 0, 255, 255, 255, 0), outside: ip(198, 51, 100, 0, 255, 255, 255, 0) },
  },
} as const

/** One choice for each form. */
type Choice = readonly [dNSName: Where, iPAddress: Where]
const CHOICES = WHERES.flatMap((first) => WHERES.map((second): Choice => [first, second]))

const pick = (of: 'name' | 'subtree', [first, second]: Choice): readonly Bytes[] => [
  ...(first === 'none' ? [] : [FORMS.dNSName[of][first]]),
  ...(second === 'none' ? [] : [FORMS.iPAddress[of][second]]),
]

/** Whether a name of one form is outside of the permitted set, or inside of the excluded one. */
const breaks = (name: Where, permitted: Where, excluded: Where): boolean =>
  name !== 'none' && ((permitted !== 'none' && permitted !== name) || excluded === name)

/** An extension with the lists that are not empty; none if all are. */
function constraintsOf(permitted: readonly Bytes[], excluded: readonly Bytes[]): readonly Bytes[] {
  if (permitted.length + excluded.length === 0) return []
  return [nameConstraints({ ...(permitted.length > 0 && { permitted }), ...(excluded.length > 0 && { excluded }) })]
}

const keys = await newKeys()
const root = await issue({ cn: 'Root' })

/** A leaf for each choice of names, below the same CA. */
const leaves = await Promise.all(
  CHOICES.map(async (names) => {
    const altNames = pick('name', names)
    const extensions = [DIGITAL_SIGNATURE, ...(altNames.length > 0 ? [subjectAltName(altNames)] : [])]
    return { names, leaf: await issueLeaf({ subject: name('CA'), keys }, { extensions }) }
  }),
)

it.each(CHOICES)('permitted: dNSName %s, iPAddress %s', async (...permitted) => {
  for (const excluded of CHOICES) {
    const extensions = ca(...constraintsOf(pick('subtree', permitted), pick('subtree', excluded)))
    const chain = [await issue({ cn: 'CA', by: root, keys, extensions })]
    for (const { names, leaf } of leaves) {
      const broken = breaks(names[0], permitted[0], excluded[0]) || breaks(names[1], permitted[1], excluded[1])
      const code = expect.stringMatching(/^name_(not_permitted|excluded)$/)
      expect(await pathOf({ leaf, chain, anchors: [root] }), `names ${names}, excluded ${excluded}`).toEqual(
        broken ? code : ['client', 'CA', 'Root'],
      )
    }
  }
})
