import { toHex } from '../../core/bytes.ts'
import type { Database } from '../../core/config.ts'
import type { Claim, TrustRecord } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { AccountId, AsciiHostname, Hex, UnixSeconds } from '../../core/units.ts'
import { decideClient, type EdgeSource, type NoDecision, newEdge } from '../../edge/decision.ts'
import { type HostnameFacts, type LoadedRecord, selectHostname } from '../../edge/hostname-sql.ts'
import type { PresentedChain } from '../../edge/presented.ts'
import { reports } from '../../edge/report-mode.ts'
import { revocationOf } from '../../edge/revocation.ts'
import { type RevocationRows, selectRevocation } from '../../edge/revocation-sql.ts'
import type { Denied } from '../../store/access.ts'
import {
  Budget,
  type Certificate,
  caNameKey,
  derElements,
  type RevocationData,
  readCaPath,
  readCertificate,
} from '../../x509/index.ts'
import {
  type SeenAt,
  type SeenClient,
  type StoredMode,
  selectKept,
  selectSeenAt,
  selectSeenClients,
  selectStoredMode,
} from './sql.ts'

export type { StoredMode } from './sql.ts'

/** What decisions on a hostname are based on. */
export interface Ground {
  readonly facts: HostnameFacts
  readonly records: readonly TrustRecord[]
  /** The mode that was set, whether or not it counts. */
  readonly stored: StoredMode | undefined
}

/** What a write would change of what decisions are based on. */
export interface Act {
  /** The hostnames at which a decision may be another one. Those that are not the scope's are passed over. */
  readonly hostnames: readonly AsciiHostname[]
  /** What a hostname would have. */
  readonly change?: (ground: Ground, hostname: AsciiHostname) => Ground
  /** What would be known of revocation. */
  readonly revoke?: (rows: RevocationRows, serials: readonly Hex[]) => RevocationRows | Promise<RevocationRows>
}

/** What happens to a client: whether its requests go on to the origin, and the decision. */
export interface Fate {
  readonly letIn: boolean
  /** `accepted`, or why it is refused. */
  readonly code: string
}

/** A client that would be let in or refused, and is not now. */
export interface ChangedClient {
  readonly hostname: AsciiHostname
  readonly client: SeenClient
  readonly now: Fate
  readonly would: Fate
}

/** Why clients were not decided on. `count` is of clients, of requests (`no_room`) or of hostnames (`too_many_hostnames`). */
export interface NotEvaluated {
  readonly reason: 'certificate_not_kept' | 'no_room' | 'too_many_clients' | 'too_much_work' | 'too_many_hostnames'
  readonly hostname: AsciiHostname | undefined
  readonly count: number
}

/** What a write would change for the clients that were seen. */
export interface Assessment {
  readonly changed: readonly ChangedClient[]
  readonly evaluated: number
  readonly notEvaluated: readonly NotEvaluated[]
  /** Signatures that were verified. */
  readonly signatures: number
}

/** [ours] At most so many hostnames, those with the most clients first: each takes some round trips. */
const MAX_HOSTNAMES = 20
/** [ours] At most so many clients in all: as many as one hostname has of its own CAs. */
const MAX_CLIENTS = 1_000
/** Clients whose certificates are in memory at a time: 3 MB at most. */
const CHUNK = 250
/**
 * [ours] The sum of the work of all decisions, in the units of PathLimits: 16,000 signatures with P-256 take 0.9 s, 2,000,000
 * comparisons of names 0.2 s.
 */
const MAX_WORK = { signatureCost: 16_000, nameComparisons: 2_000_000 } as const
/** [ours] Round trips for revocation that could not be known before. */
const MAX_LOOKUPS = 20

/** What is left of the bounds on the sum. */
interface Left {
  clients: number
  signatureCost: number
  nameComparisons: number
  lookUps: number
  signatures: number
}

/** Thrown where a bound on the sum is reached; `assess` catches it. */
class WorkSpent extends Error {}

/**
 * Decides on the clients that were seen at the hostnames of an act, by what is trusted now and by what would be trusted then. Both
 * decisions are the edge's own. Nothing is written. What is not decided on is said.
 */
export async function assess(db: Database, claim: Claim, act: Act): Promise<Result<Assessment, Denied>> {
  const found = await selectSeenAt(db, claim, act.hostnames)
  if (!found.ok) return found
  const { accountId, seen } = found.value
  const inOrder = seen.toSorted((a, b) => b.clients - a.clients)
  const left: Left = { clients: MAX_CLIENTS, ...MAX_WORK, lookUps: MAX_LOOKUPS, signatures: 0 }
  const assessments: Omit<Assessment, 'signatures'>[] = []
  for (const host of inOrder.slice(0, MAX_HOSTNAMES)) {
    assessments.push(await assessHostname({ db, accountId, now: claim.now, act, host, left }))
  }
  const beyond = inOrder.length - MAX_HOSTNAMES
  return ok({
    changed: assessments.flatMap(({ changed }) => changed),
    evaluated: assessments.reduce((sum, { evaluated }) => sum + evaluated, 0),
    notEvaluated: [
      ...assessments.flatMap(({ notEvaluated }) => notEvaluated),
      ...(beyond > 0 ? [{ reason: 'too_many_hostnames', hostname: undefined, count: beyond } as const] : []),
    ],
    signatures: left.signatures,
  })
}

interface Asked {
  readonly db: Database
  readonly accountId: AccountId
  readonly now: UnixSeconds
  readonly act: Act
  readonly host: SeenAt
  readonly left: Left
}

async function assessHostname(asked: Asked): Promise<Omit<Assessment, 'signatures'>> {
  const { db, accountId, act, host, left } = asked
  const { hostname } = host
  const loaded = await selectHostname(db, { ascii: hostname, records: true, version: undefined, known: [] })
  const stored = await selectStoredMode(db, loaded.facts, hostname)
  const before: Ground = { facts: loaded.facts, records: (loaded.records ?? []).map(withChain), stored }
  const after = act.change?.(before, hostname) ?? before
  const revocation = new Foreseen(asked, before, after)
  const decide = {
    before: deciderOf(before, revocation, 'before', asked),
    after: deciderOf(after, revocation, 'after', asked),
  }
  const clients = await selectSeenClients(db, host, left.clients)
  left.clients -= clients.length
  const fates: (Fates | undefined)[] = []
  let unkept = 0
  for (let start = 0; start < clients.length; start += CHUNK) {
    const chunk = clients.slice(start, start + CHUNK)
    const kept = await selectKept(db, accountId, hashesOf(chunk))
    const known = chunk.flatMap((client) => {
      const presented = presentedBy(client, kept)
      return presented === undefined ? [] : [{ client, presented }]
    })
    unkept += chunk.length - known.length
    await revocation.prepare(known.flatMap(({ presented }) => (presented.ok ? [presented.value] : [])))
    for (const { client, presented } of known) fates.push(await fatesOf(client, presented, decide))
  }
  const decided = fates.filter((one) => one !== undefined)
  const missing = {
    certificate_not_kept: unkept,
    too_many_clients: Math.max(0, host.clients - clients.length),
    too_much_work: fates.length - decided.length,
    no_room: host.others,
  }
  return {
    changed: decided.flatMap((one) => (one.now.letIn === one.would.letIn ? [] : [{ hostname, ...one }])),
    evaluated: decided.length,
    notEvaluated: REASONS.flatMap((reason) =>
      missing[reason] > 0 ? [{ reason, hostname, count: missing[reason] }] : [],
    ),
  }
}

/** Why clients of a hostname are not decided on. */
const REASONS = ['certificate_not_kept', 'too_many_clients', 'too_much_work', 'no_room'] as const

type Fates = Omit<ChangedClient, 'hostname'>
type Decider = (presented: Result<PresentedChain, NoDecision>) => Promise<Fate>

/** What happens to a client now, and what would then; undefined where a bound on the sum is reached. */
async function fatesOf(
  client: SeenClient,
  presented: Result<PresentedChain, NoDecision>,
  decide: { readonly before: Decider; readonly after: Decider },
): Promise<Fates | undefined> {
  try {
    return { client, now: await decide.before(presented), would: await decide.after(presented) }
  } catch (error) {
    if (!(error instanceof WorkSpent)) throw error
    return undefined
  }
}

/** Nothing is known to the loader, so every record comes with its certificates. */
function withChain({ chain, ...record }: LoadedRecord): TrustRecord {
  if (chain === undefined) throw new Error('a record was loaded without its certificates')
  return { ...record, chain }
}

/** Decides as the gateway does, by an edge that knows one hostname. Nothing ages: all its decisions are made at one time. */
function deciderOf({ facts, records }: Ground, revocation: Foreseen, when: When, { host, now, left }: Asked): Decider {
  const source: EdgeSource = {
    load: async () => ({ facts, records }),
    lookUp: (_, path) => revocation.lookUp(when, path),
  }
  const edge = newEdge(source, { maxAgeSeconds: 300, staleIfErrorSeconds: 0 })
  const nowMs = now * 1_000
  return async (presented) => {
    if (left.signatureCost <= 0 || left.nameComparisons <= 0) throw new WorkSpent()
    const budget = new Budget()
    const causes: unknown[] = []
    const logError = (cause: unknown) => causes.push(cause)
    const { decision } = await decideClient(edge, host.hostname, presented, {
      nowMs,
      waitUntil: () => undefined,
      logError,
      budget,
    })
    const { signatureCost, nameComparisons, signatureChecks } = budget.spent
    left.signatureCost -= signatureCost
    left.nameComparisons -= nameComparisons
    left.signatures += signatureChecks
    // The database did not answer, or must not be asked again.
    if (causes.length > 0) throw causes[0]
    if (decision.accepted) return { letIn: true, code: 'accepted' }
    return { letIn: reports(facts, nowMs), code: decision.code }
  }
}

function hashesOf(clients: readonly SeenClient[]): readonly Hex[] {
  const certified = clients.filter((one) => one.certified)
  return [...new Set(certified.flatMap(({ client, chain }) => (chain ? [client, chain] : [client])))]
}

/** What a client presented; undefined where it is not kept. */
function presentedBy(
  { client, certified, chain }: SeenClient,
  kept: ReadonlyMap<Hex, Uint8Array>,
): Result<PresentedChain, NoDecision> | undefined {
  if (!certified) return fail({ code: client as 'certificate_unreadable', message: '' })
  const leaf = kept.get(client)
  const others = chain === '' ? [] : derElements(kept.get(chain ?? '') ?? new Uint8Array())
  if (leaf === undefined || others === undefined || (chain !== '' && others.length === 0)) return undefined
  return ok({ leaf, chain: others })
}

type When = 'before' | 'after'

/** The revocation of many clients' paths, looked up together: as it is, and as it would be. */
class Foreseen {
  readonly #asked: Asked
  readonly #before: Ground
  readonly #after: Ground
  #names = new Set<Hex>()
  #serials = new Set<Hex>()
  #rows: Readonly<Record<When, RevocationRows>> = { before: NO_ROWS, after: NO_ROWS }
  #data = new Map<string, RevocationData>()
  #crlNames = new Map<Uint8Array, Hex | undefined>()

  constructor(asked: Asked, before: Ground, after: Ground) {
    this.#asked = asked
    this.#before = before
    this.#after = after
  }

  /** Looks up what the paths of these clients can need. */
  async prepare(presented: readonly PresentedChain[]): Promise<void> {
    if (!this.#before.facts.revocable && !this.#after.facts.revocable) return
    const registered = [...this.#before.records, ...this.#after.records].flatMap(({ chain }) =>
      chain.map(({ der }) => der),
    )
    const leaves = presented.map(({ leaf }) => leaf)
    const cas = readable([...registered, ...presented.flatMap(({ chain }) => chain)])
    this.#names = new Set(await Promise.all(cas.map(({ subject }) => caNameKey(subject))))
    this.#serials = new Set([...cas, ...readable(leaves)].map(serialOf))
    await this.#load()
  }

  async #load(): Promise<void> {
    const { db, accountId, act } = this.#asked
    const ids = [this.#before, this.#after].flatMap(({ records }) => records.map(({ id }) => id))
    const serials = [...this.#serials]
    const before = await selectRevocation(db, {
      accountId,
      certificateIds: [...new Set(ids)],
      issuerKeys: [...this.#names],
      serials,
    })
    const after = (await act.revoke?.(before, serials)) ?? before
    // A record that would be added is there then.
    this.#rows = { before, after: { ...after, certificateIds: this.#after.records.map(({ id }) => id) } }
    this.#data = new Map()
  }

  /** What the edge would look up for the path. */
  async lookUp(when: When, path: readonly Certificate[]): Promise<RevocationData> {
    const names = await Promise.all(path.slice(1).map(({ subject }) => caNameKey(subject)))
    const unknown =
      names.some((name) => !this.#names.has(name)) || path.some((one) => !this.#serials.has(serialOf(one)))
    if (unknown) {
      const { left } = this.#asked
      if (left.lookUps <= 0) throw new WorkSpent()
      left.lookUps -= 1
      for (const name of names) this.#names.add(name)
      for (const one of path) this.#serials.add(serialOf(one))
      await this.#load()
    }
    const key = [when, ...new Set(names)].join()
    const known = this.#data.get(key)
    if (known !== undefined) return known
    const rows = this.#rows[when]
    const wanted = new Set(names)
    const crls = []
    for (const crl of rows.crls) if (wanted.has((await this.#nameOf(crl.caPath)) ?? '')) crls.push(crl)
    const { records } = when === 'before' ? this.#before : this.#after
    const data = revocationOf({ ...rows, crls }, records)
    this.#data.set(key, data)
    return data
  }

  async #nameOf(caPath: Uint8Array): Promise<Hex | undefined> {
    if (!this.#crlNames.has(caPath)) {
      const [ca] = readCaPath(caPath)
      this.#crlNames.set(caPath, ca && (await caNameKey(ca.subject)))
    }
    return this.#crlNames.get(caPath)
  }
}

const NO_ROWS: RevocationRows = { certificateIds: [], crls: [], entries: [], blocked: [] }

const serialOf = ({ serialNumber }: Certificate): Hex => toHex(serialNumber)

function readable(ders: readonly Uint8Array[]): readonly Certificate[] {
  return ders.flatMap((der) => {
    const read = readCertificate(der)
    return read.ok ? [read.value] : []
  })
}
