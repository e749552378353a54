import * as v from 'valibot'
import type { RevocationPolicy } from '../../core/model.ts'
import { mapOk } from '../../core/result.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { objectMessage, Text } from '../../web/shapes.ts'
import { readDraft } from '../fields.ts'
import { getPolicy, putPolicy } from './rules.ts'

const PATH = `${SCOPE}/certificates/:certificate_id/revocation` as const

const PolicyBody = v.pipe(
  v.object(
    {
      stale_policy: v.optional(v.picklist(['soft', 'hard'], 'must be "soft" or "hard"')),
      uncovered: v.optional(v.picklist(['allow', 'refuse'], 'must be "allow" or "refuse"')),
      crl_url: v.nullish(Text),
    },
    objectMessage,
  ),
  v.check((body) => Object.keys(body).length > 0, 'must have stale_policy, uncovered or crl_url'),
)

const Policy = v.strictObject({
  stale_policy: v.pipe(
    v.picklist(['soft', 'hard']),
    v.description('What happens to a certificate that a CRL past its nextUpdate does not list: hard refuses it'),
    v.title('StalePolicy'),
  ),
  uncovered: v.pipe(
    v.picklist(['allow', 'refuse']),
    v.description('What happens to a certificate that no CRL covers'),
    v.title('UncoveredPolicy'),
  ),
  crl_url: v.pipe(
    v.nullable(v.string()),
    v.description('Where the CRLs are fetched from, halfway to their nextUpdate; null: they are only uploaded'),
  ),
})

function shown({ stale, uncovered, crlUrl }: RevocationPolicy): Shape<typeof Policy> {
  return { stale_policy: stale, uncovered, crl_url: crlUrl }
}

/** What happens to certificates whose revocation is not known for certain. */
export const REVOCATION_POLICIES = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'Get the revocation policy of a certificate',
    status: 200,
    result: Policy,
    async serve({ claim, context, params }) {
      const policy = await getPolicy(context.db, claim, params.certificate_id)
      return mapOk(policy, (one) => ({ result: shown(one) }))
    },
  }),
  operation({
    namespace: 'edge',
    method: 'PUT',
    path: PATH,
    permission: 'write',
    summary: 'Set the revocation policy of a certificate',
    body: PolicyBody,
    status: 200,
    result: Policy,
    async serve({ request, claim, context, params }) {
      const draft = mapOk(await readDraft(request, PolicyBody), ({ fields, faults }) => ({
        policy: {
          ...(fields.stale_policy && { stale: fields.stale_policy }),
          ...(fields.uncovered && { uncovered: fields.uncovered }),
          ...(fields.crl_url !== undefined && { crlUrl: fields.crl_url }),
        },
        faults,
      }))
      const policy = await putPolicy(context.db, claim, params.certificate_id, draft, context.crlSourceHosts)
      return mapOk(policy, (one) => ({ result: shown(one) }))
    },
  }),
]
