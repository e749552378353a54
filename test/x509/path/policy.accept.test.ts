import { expect, it } from 'vitest'
import { pathOf } from '../../support/x509/chain.ts'
import {
  ANY,
  anchored,
  constraints,
  inhibitAny,
  malformedPolicies,
  mappings,
  policies,
} from '../../support/x509/policies.ts'

const P1 = '1.2.3.1'
const P2 = '1.2.3.2'

/** From the anchor down: the extensions of each CA, then of the leaf. */
it.each([
  ['nothing is required', [[], [], []]],
  ['a policy that all certificates have', [[constraints(0)], [policies(P1)], [policies(P1)]]],
  ['one of several', [[constraints(0)], [policies(P2, P1)], [policies(P1)]]],
  ['anyPolicy in the CA', [[constraints(0)], [policies(ANY)], [policies(P1)]]],
  ['anyPolicy in the leaf', [[constraints(0)], [policies(P1)], [policies(ANY)]]],
  ['anyPolicy in the second CA', [[constraints(0)], [policies(P1)], [policies(ANY)], [policies(P1)]]],
  ['required from further down than the path goes', [[constraints(3)], [], []]],
  ['required by an intermediate, from further down', [[], [constraints(2)], []]],
  ['a policy mapped to another', [[constraints(0)], [policies(P1), mappings([P1, P2])], [policies(P2)]]],
  ['anyPolicy, and a mapping', [[constraints(0)], [policies(ANY), mappings([P1, P2])], [policies(P2)]]],
  ['mapped by the second CA', [[constraints(0)], [policies(P1)], [policies(P1), mappings([P1, P2])], [policies(P2)]]],
  ['mapping inhibited, but none used', [[constraints(0, 0)], [policies(P1)], [policies(P1)]]],
  ['anyPolicy inhibited further down', [[constraints(0), inhibitAny(1)], [policies(ANY)], [policies(P1)]]],
  ['anyPolicy inhibited, but none used', [[constraints(0), inhibitAny(0)], [policies(P1)], [policies(P1)]]],
  ['mappings without anyone requiring a policy', [[], [mappings([P1, P2])], []]],
  ['malformed ones, if none is required', [[], [malformedPolicies(P1)], [malformedPolicies(P1)]]],
  ['malformed ones of an anchor', [[malformedPolicies(P1), constraints(0)], [policies(P1)], [policies(P1)]]],
  ['the policies of an anchor mean nothing', [[policies(P2), constraints(0)], [policies(P1)], [policies(P1)]]],
])('policies: %s', async (_rule, levels) => {
  expect(await pathOf(await anchored(levels))).toHaveLength(levels.length)
})

it('self-issued certificates do not reduce the counters', async () => {
  const given = await anchored([[constraints(2)], [], []], { selfIssued: true })
  expect(await pathOf(given)).toHaveLength(3)
})

it('a self-issued CA may have anyPolicy where it is inhibited', async () => {
  const given = await anchored([[constraints(0), inhibitAny(0)], [policies(ANY)], [policies(P1)]], { selfIssued: true })
  expect(await pathOf(given)).toHaveLength(3)
})
