import { expect, it } from 'vitest'
import { refusal } from '../../support/x509/chain.ts'
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
const P3 = '1.2.3.3'

/** From the anchor down: the extensions of each CA, then of the leaf. */
it.each([
  ['none in the leaf', [[constraints(0)], [policies(P1)], []]],
  ['none in the CA', [[constraints(0)], [], [policies(P1)]]],
  ['another one in the leaf', [[constraints(0)], [policies(P1)], [policies(P2)]]],
  ['required by the anchor, one certificate down', [[constraints(1)], [policies(P1)], [policies(P2)]]],
  ['required by the anchor, from the leaf on', [[constraints(2)], [], []]],
  ['required by the CA at once', [[], [constraints(0)], []]],
  ['required by the leaf of itself', [[], [], [constraints(0)]]],
  ['required though not marked critical', [[constraints(0, undefined, false)], [], []]],
  ['mapping inhibited', [[constraints(0, 0)], [policies(P1), mappings([P1, P2])], [policies(P2)]]],
  [
    'mapping inhibited one certificate down',
    [[constraints(0, 1)], [policies(P1)], [policies(P1), mappings([P1, P2])], [policies(P2)]],
  ],
  [
    'mapped from a policy that the CA does not have',
    [[constraints(0)], [policies(P1), mappings([P3, P2])], [policies(P2)]],
  ],
  ['mapped away', [[constraints(0)], [policies(P1), mappings([P1, P2])], [policies(P1)]]],
  ['anyPolicy inhibited in the leaf', [[constraints(0), inhibitAny(1)], [policies(P1)], [policies(ANY)]]],
  ['anyPolicy inhibited in the CA', [[constraints(0), inhibitAny(0)], [policies(ANY)], [policies(P1)]]],
])('no valid policy where one is required: %s', async (_rule, levels) => {
  expect(await refusal(await anchored(levels))).toMatchObject({
    code: 'policy_required',
    openssl: 'no explicit policy',
  })
})

it.each([
  ['in the leaf', [[constraints(0)], [policies(P1)], [malformedPolicies(P1)]], 'CN=client'],
  ['in the CA', [[constraints(2)], [malformedPolicies(P1)], [policies(P1)]], 'CN=CA 0'],
])('policies that cannot be read allow nothing, and are named: %s', async (_rule, levels, subject) => {
  expect(await refusal(await anchored(levels))).toMatchObject({
    fault: {
      reason: 'policy_required',
      unreadable: { subject, field: 'certificatePolicies', problem: `has policy ${P1} twice` },
    },
  })
})

it.each([
  ['from', [ANY, P1]],
  ['to', [P1, ANY]],
] as const)('anyPolicy may not be mapped %s', async (_rule, [issuerDomain, subjectDomain]) => {
  const given = await anchored([[], [mappings([issuerDomain, subjectDomain])], []])
  expect(await refusal(given)).toMatchObject({
    fault: { reason: 'policy_mapping_any', issuerDomain, subjectDomain },
    certificate: { role: 'intermediate' },
  })
})

it('policies that fail on one path do not end the search', async () => {
  const given = await anchored([[constraints(0)], [], []])
  expect(await refusal(given)).toMatchObject({ certificate: { role: 'intermediate' } })
})
