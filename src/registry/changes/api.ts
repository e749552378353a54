import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import type { WireMessage } from '../../web/envelope.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { mapPage, PAGES, readPage } from '../../web/page.ts'
import { CertificateId, Count, Fingerprint, ScopeId, WireTime } from '../../web/shapes.ts'
import { revertChange } from './revert.ts'
import { FILTER_NAMES, getChange, listChanges } from './rules.ts'
import type { RecordedChange } from './sql.ts'

const PATH = `${SCOPE}/changes` as const
const ONE = `${PATH}/:change_id` as const

const State = v.nullable(
  v.pipe(
    v.unknown(),
    v.description('What was there, or is there now; null: nothing. Its shape is that of the operation'),
  ),
)

const Change = v.pipe(
  v.strictObject({
    id: v.pipe(Count, v.description('1, 2, … within the account')),
    at: WireTime,
    zone_id: v.pipe(v.nullable(ScopeId), v.description('The zone of the path; null: it was the account')),
    actor: v.strictObject({
      kind: v.picklist(['token', 'key', 'operator']),
      id: v.nullable(ScopeId),
      name: v.string(),
    }),
    address: v.nullable(v.string()),
    operation: v.string(),
    certificate_id: v.nullable(CertificateId),
    hostnames: v.array(v.string()),
    before: State,
    after: State,
    omitted: v.exactOptional(
      v.pipe(
        v.literal(true),
        v.description('hostnames, before and after are too long for the list: get the change itself'),
      ),
    ),
    reverts: v.pipe(v.nullable(Count), v.description('The id of the change that this one took back')),
    sha256: v.pipe(
      v.nullable(Fingerprint),
      v.description('Its hash, with that of the change before it; null: not sealed yet'),
    ),
  }),
  v.title('Change'),
)

/** Characters of what a change says in a list: a page has 1,000 changes at most, and so 4 MB. */
const MAX_LISTED_CHARACTERS = 4_000

function shown(change: RecordedChange): Shape<typeof Change> {
  const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))
  return {
    id: change.position,
    at: rfc3339(change.at),
    zone_id: change.zoneId,
    actor: { kind: change.actor, id: change.actorId, name: change.actorName },
    address: change.address,
    operation: change.operation,
    certificate_id: change.certificateId,
    hostnames: JSON.parse(change.hostnames),
    before: json(change.before),
    after: json(change.after),
    reverts: change.reverts,
    sha256: change.sha256,
  }
}

function listed(change: RecordedChange): Shape<typeof Change> {
  const { before, after, hostnames } = change
  const characters = hostnames.length + (before?.length ?? 0) + (after?.length ?? 0)
  if (characters <= MAX_LISTED_CHARACTERS) return shown(change)
  return { ...shown({ ...change, hostnames: '[]', before: null, after: null }), omitted: true }
}

/** The record of changes. */
export const CHANGES = [
  /** Lists changes, the newest first. */
  operation({
    namespace: 'edge',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'List changes',
    parameters: Object.fromEntries(FILTER_NAMES.map((name) => [name, v.optional(v.string())])),
    pages: PAGES,
    status: 200,
    result: v.array(Change),
    async serve({ query, claim, context }) {
      const page = await listChanges(context.db, claim, (name) => query.getAll(name), readPage(query))
      return mapOk(page, (one) => ({ page: mapPage(one, listed) }))
    },
  }),
  operation({
    namespace: 'edge',
    method: 'GET',
    path: ONE,
    permission: 'read',
    summary: 'Get a change',
    parameters: { change_id: v.string() },
    status: 200,
    result: Change,
    async serve({ claim, context, params }) {
      return mapOk(await getChange(context.db, claim, params.change_id), (change) => ({ result: shown(change) }))
    },
  }),
  /** Has no body. The answer is the new change. */
  operation({
    namespace: 'edge',
    method: 'POST',
    path: `${ONE}/revert`,
    permission: 'write',
    summary: 'Take a change back',
    parameters: { change_id: v.string() },
    status: 201,
    result: Change,
    async serve({ claim, context, params }) {
      return mapOk(await revertChange(context, claim, params.change_id), ({ change, lostCrls }) => ({
        result: shown(change),
        messages: lostCrls === 0 ? [] : [lostCrlsNote(lostCrls)],
      }))
    },
  }),
]

/** Says that CRLs of a record that came back are gone. */
function lostCrlsNote(count: number): WireMessage {
  const what = count === 1 ? '1 CRL of the certificate was' : `${count} CRLs of the certificate were`
  return { code: 12944, message: `${what} not kept: upload it again, or clients that it revoked may get in` }
}
