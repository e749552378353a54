import * as v from 'valibot'
import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { mapOk, type Result } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { entryOf, type Table } from '../../core/table.ts'
import type { DryRun, Shape } from '../../web/operation.ts'
import { Count, Fingerprint, WireTime } from '../../web/shapes.ts'
import type { CoverageLoss } from '../crls/coverage-sql.ts'
import type { Refusal } from '../refusal.ts'
import { type Act, type Assessment, assess, type ChangedClient, type NotEvaluated } from './assess.ts'

const ImpactClient = v.pipe(
  v.strictObject({
    hostname: v.string(),
    certificate_sha256: v.pipe(
      v.nullable(Fingerprint),
      v.description('null: all requests without a certificate that can be read, by code'),
    ),
    subject: v.string(),
    issuer: v.string(),
    let_in: v.pipe(v.boolean(), v.description('Whether it would be let in; now it is the other way round')),
    code_now: v.pipe(v.string(), v.description('accepted, or why it is refused; report mode lets it in all the same')),
    code_then: v.string(),
    accepted_count: Count,
    refused_count: Count,
    last_seen_at: WireTime,
  }),
  v.title('ImpactClient'),
)

/** What a write would change for clients. */
export const Impact = v.pipe(
  v.strictObject({
    clients_refused: v.pipe(Count, v.description('Clients seen that are let in now, and would be refused')),
    clients_let_in: v.pipe(Count, v.description('Clients seen that are refused now, and would be let in')),
    clients: v.pipe(v.array(ImpactClient), v.description('The first of both, those that would be refused first')),
    clients_evaluated: Count,
    clients_not_evaluated: v.array(
      v.strictObject({
        reason: v.picklist([
          'certificate_not_kept',
          'too_many_clients',
          'too_much_work',
          'no_room',
          'too_many_hostnames',
          'outside_of_scope',
        ]),
        hostname: v.nullable(v.string()),
        count: v.pipe(Count, v.description('Of what the message says')),
        message: v.string(),
      }),
    ),
    hostnames_without_anchor: v.pipe(
      v.array(v.string()),
      v.description('Hostnames that would have no certificate left: every client would be refused'),
    ),
    uncovered: v.pipe(
      v.array(v.strictObject({ issuer: v.string(), hostnames_count: Count, hostnames: v.array(v.string()) })),
      v.description('CAs that no CRL would cover any more, with the first of the hostnames'),
    ),
  }),
  v.title('Impact'),
)

/** How many changed clients an answer lists. */
const MAX_LISTED = 100

/** What a dry run found besides the decisions on clients. */
export interface Loss {
  readonly withoutAnchor?: readonly string[]
  readonly uncovered?: readonly CoverageLoss[]
  /** Hostnames of the account that would be affected, and which the scope may not see. */
  readonly hidden?: number
}

/** The dry run of a write that would be carried out: its answer, and what the act would change. */
export async function dryRunOf<T>(
  db: Database,
  claim: Claim,
  would: DryRun<T>['would'],
  act: Act & Loss,
): Promise<Result<DryRun<T>, Refusal>> {
  return mapOk(await assess(db, claim, act), (assessment) => ({ would, impact: shown(assessment, act) }))
}

function shown(
  { changed, evaluated, notEvaluated }: Assessment,
  { withoutAnchor = [], uncovered = [], hidden = 0 }: Loss,
): Shape<typeof Impact> {
  const [refused, letIn] = [changed.filter(({ would }) => !would.letIn), changed.filter(({ would }) => would.letIn)]
  const outside = hidden === 0 ? [] : [{ reason: 'outside_of_scope', hostname: undefined, count: hidden } as const]
  return {
    clients_refused: refused.length,
    clients_let_in: letIn.length,
    clients: [...refused, ...letIn].slice(0, MAX_LISTED).map(shownClient),
    clients_evaluated: evaluated,
    clients_not_evaluated: [...notEvaluated, ...outside].map(shownNotEvaluated),
    hostnames_without_anchor: withoutAnchor,
    uncovered: uncovered.map(({ issuer, count, hostnames }) => ({ issuer, hostnames_count: count, hostnames })),
  }
}

function shownClient({ hostname, client, now, would }: ChangedClient): Shape<typeof ImpactClient> {
  return {
    hostname,
    certificate_sha256: client.certified ? client.client : null,
    subject: client.subject,
    issuer: client.issuer,
    let_in: would.letIn,
    code_now: now.code,
    code_then: would.code,
    accepted_count: client.accepted,
    refused_count: client.refused,
    last_seen_at: rfc3339(client.lastAt),
  }
}

type Unknown =
  | NotEvaluated
  | { readonly reason: 'outside_of_scope'; readonly hostname: undefined; readonly count: number }

const WORDS: Table<Unknown, 'reason', string> = {
  certificate_not_kept: ({ count }) =>
    `${count} clients whose certificates are not kept, or not whole: they are too large, or there was no room`,
  too_many_clients: ({ count }) =>
    `${count} clients beyond the 1,000 that a dry run decides on, those seen longest ago`,
  too_much_work: ({ count }) => `${count} clients for whose decisions the work of a dry run does not suffice`,
  no_room: ({ count }) => `${count} requests of clients for which there was no room among the clients seen`,
  too_many_hostnames: ({ count }) => `${count} hostnames with fewer clients than the 20 that a dry run looks at`,
  outside_of_scope: ({ count }) => `${count} hostnames of the account outside of this zone`,
}

function shownNotEvaluated(one: Unknown) {
  const { reason, hostname = null, count } = one
  return { reason, hostname, count, message: entryOf<Unknown, 'reason', string>(WORDS, 'reason', one) }
}
