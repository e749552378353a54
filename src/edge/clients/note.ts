import type { ClientEvents, Database } from '../../core/config.ts'
import type { Result } from '../../core/result.ts'
import type { Seconds, UnixMilliseconds, UnixSeconds } from '../../core/units.ts'
import { sha256 } from '../../x509/index.ts'
import type { EdgeDecision } from '../decision.ts'
import type { PresentedChain } from '../presented.ts'
import type { ClientCounter } from './counter.ts'
import { addClients } from './sql.ts'

/** Where clients are counted. */
export interface ClientSinks {
  readonly counter: ClientCounter
  readonly db: Database
  /** Optional: takes a data point for each request (docs/operate.md, "Clients seen"). */
  readonly events: ClientEvents | undefined
}

/** What comes from outside the program. */
export interface NoteAmbient {
  /** When the request came, Unix time in ms. */
  readonly nowMs: UnixMilliseconds
  /** The time of the call, in ms. */
  readonly clockMs: () => UnixMilliseconds
  /** Keeps the request alive until a promise settles (ExecutionContext.waitUntil). */
  readonly waitUntil: (promise: Promise<unknown>) => void
  /** Does work after the answer, some seconds later. */
  readonly later: (work: () => Promise<unknown>, afterSeconds: Seconds) => void
  /** Told of counts that could not be written, or had no room. */
  readonly onLost: (cause: unknown) => void
}

/** An index of Analytics Engine has at most 96 bytes; names differ at their beginning. */
const MAX_INDEX = 96
/** How many batches one write makes at most: with them, a thousand new clients are written. */
const MAX_BATCHES = 5

/**
 * Counts the client of a request, of which a decision was made, where the hostname has certificates. It changes no decision, costs
 * a known client no call of the database and no digest, and never throws: a bug here must not stop anybody.
 */
export function noteClient(
  presented: Result<PresentedChain, unknown>,
  decided: EdgeDecision,
  sinks: ClientSinks,
  ambient: NoteAmbient,
): void {
  const { decision, facts, ascii } = decided
  if (ascii === undefined || !facts?.enabled || !facts.hasCertificates) return
  const as = (client: string) => note(client, presented, decided, sinks, ambient)
  try {
    if (decision.accepted) as(decision.leaf.sha256)
    else if (!presented.ok) as(decision.code)
    else ambient.waitUntil(sha256(presented.value.leaf).then(as).catch(ambient.onLost))
  } catch (error) {
    ambient.onLost(error)
  }
}

function note(
  client: string,
  presented: Result<PresentedChain, unknown>,
  { decision, facts, ascii = '', trust }: EdgeDecision,
  sinks: ClientSinks,
  ambient: NoteAmbient,
): void {
  const { accountId: account = '', zoneId: zone = '' } = facts ?? {}
  const anchor = decision.accepted ? decision.leaf.anchorSha256 : undefined
  const refusal = decision.accepted ? undefined : decision.code
  sinks.events?.writeDataPoint({
    indexes: [ascii.slice(0, MAX_INDEX)],
    blobs: [ascii, refusal ?? 'accepted', anchor ?? '', presented.ok ? client : '', account],
    doubles: [1],
  })
  const afterSeconds = sinks.counter.note(
    { account, zone, hostname: ascii },
    {
      client,
      at: Math.floor(ambient.nowMs / 1_000),
      anchor,
      refusal,
      presented: presented.ok ? presented.value : undefined,
      trust: trust?.set,
    },
  )
  if (afterSeconds !== undefined) ambient.later(() => write(sinks, ambient).catch(ambient.onLost), afterSeconds)
}

/** Writes what is due. What cannot be written now is written later, if the isolate lives as long. */
async function write({ counter, db }: ClientSinks, { clockMs, onLost }: NoteAmbient): Promise<void> {
  const now = (): UnixSeconds => Math.floor(clockMs() / 1_000)
  for (let batches = 0; batches < MAX_BATCHES; batches += 1) {
    const batch = await counter.take(now())
    if (batch === undefined) break
    let pace: number | undefined
    try {
      pace = await addClients(db, batch.noted, now())
    } finally {
      batch.settle(pace, now())
    }
    if (!counter.hasMore) break
  }
  const lost = counter.takeLost()
  if (lost > 0) onLost(`${lost} requests at more hostnames than an isolate counts for`)
}
