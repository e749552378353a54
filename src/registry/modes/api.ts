import * as v from 'valibot'
import { parseHostname } from '../../core/hostname.ts'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { mapPage, PAGES, readPage } from '../../web/page.ts'
import { objectMessage, Time, unixSeconds } from '../../web/shapes.ts'
import { readDraft } from '../fields.ts'
import type { Act } from '../impact/assess.ts'
import { dryRunOf } from '../impact/shape.ts'
import { conditionFaults, Identities, ShownIdentities } from './identities.ts'
import { listModes, putMode, type ShownMode, withMode } from './rules.ts'

const PATH = `${SCOPE}/hostnames` as const
/** The path of one hostname. */
export const HOSTNAME_PATH = `${PATH}/:hostname` as const

const ModeBody = v.object(
  {
    mode: v.picklist(['required', 'report', 'open'], 'must be "required", "report" or "open"'),
    until: v.nullish(Time),
    identities: Identities,
  },
  objectMessage,
)

/** What is set for a hostname. */
export const Mode = v.pipe(
  v.strictObject({
    hostname: v.string(),
    mode: v.pipe(
      v.picklist(['required', 'report', 'open']),
      v.description('What happens to clients without a good certificate'),
    ),
    until: v.exactOptional(
      v.pipe(v.string(), v.description('When report mode ends'), v.metadata({ format: 'date-time' })),
    ),
    identities: v.exactOptional(
      v.pipe(
        ShownIdentities,
        v.description('Which clients with a valid certificate may enter: those that match a rule. Absent: all of them'),
      ),
    ),
  }),
  v.title('HostnameMode'),
)

const HOSTNAME = { hostname: v.string() }

/** A mode as it is answered. */
export function shownMode({ hostname, mode, until, identities }: ShownMode): Shape<typeof Mode> {
  return {
    hostname,
    mode,
    ...(until !== undefined && { until: rfc3339(until) }),
    ...(identities !== null && { identities: JSON.parse(identities) }),
  }
}

async function readMode(request: Request) {
  return mapOk(await readDraft(request, ModeBody), ({ fields: { mode, until, identities }, faults }) => ({
    mode,
    until: until ? unixSeconds(until) : undefined,
    identities: identities === null ? [] : identities?.map((rule) => rule ?? {}),
    faults: [...faults, ...conditionFaults(identities ?? [])],
  }))
}

/** What the edge does with clients of a hostname that have no good certificate, and which of the others may enter. */
export const MODES = [
  /** Lists the hostnames that have a mode other than the default, or identity rules. */
  operation({
    namespace: 'edge',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'List hostnames with a mode or identity rules',
    pages: PAGES,
    status: 200,
    result: v.array(Mode),
    async serve({ query, claim, context }) {
      return mapOk(await listModes(context.db, claim, readPage(query)), (page) => ({ page: mapPage(page, shownMode) }))
    },
  }),
  operation({
    namespace: 'edge',
    method: 'PUT',
    path: HOSTNAME_PATH,
    permission: 'write',
    summary: 'Set the mode and identity rules of a hostname',
    parameters: HOSTNAME,
    body: ModeBody,
    status: 200,
    result: Mode,
    async serve({ request, claim, context, params }) {
      const draft = await readMode(request)
      return mapOk(await putMode(context.db, claim, params.hostname, draft), (mode) => ({ result: shownMode(mode) }))
    },
    async dryRun({ request, claim, context, params }) {
      const mode = await putMode(context.db, claim, params.hostname, await readMode(request), true)
      if (!mode.ok) return mode
      const hostname = parseHostname(params.hostname)
      const act: Act = {
        hostnames: hostname.ok ? [hostname.value] : [],
        change: (ground) => withMode(ground, mode.value),
      }
      return await dryRunOf(context.db, claim, { result: shownMode(mode.value) }, act)
    },
  }),
]
