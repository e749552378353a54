import type { TrustAges } from '../core/config.ts'
import type { TrustRecord } from '../core/model.ts'
import type { AsciiHostname, UnixMilliseconds } from '../core/units.ts'
import { ByteCache, certificateBytes } from './byte-cache.ts'
import type { HostnameFacts, HostnameQuestion, LoadedHostname, LoadedRecord } from './hostname-sql.ts'
import { type Trust, trustOf } from './trust.ts'

/** A hostname's facts and trust. */
export interface KnownHostname {
  readonly facts: HostnameFacts
  /** Undefined where only the facts were asked for. */
  readonly trust: SharedTrust | undefined
}

/** The trust that all hostnames with the same records share. */
export interface SharedTrust extends Trust {
  /** Names this object in keys of other caches. No number is used twice. */
  readonly serial: number
}

/** What a request passes in. */
export interface CacheAmbient {
  /** Unix time in ms. */
  readonly nowMs: UnixMilliseconds
  /** Keeps the request alive until a promise settles (ExecutionContext.waitUntil). */
  readonly waitUntil: (promise: Promise<unknown>) => void
  /** Told of each call of the database that begins for this request. */
  readonly onLoad?: () => void
  /** Told why a load failed in whose place older trust is used (`staleIfErrorSeconds`). */
  readonly onStale?: (cause: unknown) => void
}

/** A hostname's facts and trust, and their age. */
interface Entry extends KnownHostname {
  /** When its load began, Unix time in ms. */
  readonly loadedAtMs: UnixMilliseconds
  readonly trust: KeptTrust | undefined
}

/** An entry as it is kept. It has the key of its trust and not the trust, which may be evicted on its own. */
interface KeptEntry extends Omit<Entry, 'trust'> {
  readonly trustKey: string | undefined
  /**
   * Until when the database counts as away for this hostname, Unix time in ms. Each has its own: a hostname that is slow to load must not
   * keep others from hearing of a removal.
   */
  awayUntilMs?: number
}

interface KeptTrust extends SharedTrust {
  /** Made of the records' ids and policies. */
  readonly key: string
  /** Its size in the cache. */
  readonly bytes: number
}

interface Loading {
  /** Unix time in ms. */
  readonly begunAtMs: UnixMilliseconds
  readonly entry: Promise<Entry>
}

/** Memory for hostnames with certificates, in bytes: some ten thousand of them. */
const HOSTNAMES_BYTES = 4_194_304
/** Memory for other hostnames, in bytes. It is separate, since a client can make up any number of them. */
const OTHER_HOSTNAMES_BYTES = 1_048_576
/** Memory for records, in bytes (costOf). */
const RECORDS_BYTES = 16_777_216
/** Memory for trust, in bytes (costOf). All caches together take half of the 128 MB of an isolate. */
const TRUST_BYTES = 25_165_824

/** Memory of an entry with its key and its place in a map, in bytes, measured in workerd. */
const ENTRY_BYTES = 400

/** How many records a question names as known: four times an account's default quota. */
const MAX_KNOWN = 200

/** Share of the maximal age after which a hostname is loaded anew while memory still answers. */
const REFRESH_SHARE = 0.7

/**
 * How long a request waits for a load, its own or another request's, in ms. D1 retries reads for some seconds. A load that takes
 * longer may belong to a request that has ended.
 */
const LOAD_WAIT_MS = 5_000

/** How many loads one request waits for. */
const MAX_LOADS = 3

/** How long a request waits for a load, in ms, if it may use older trust instead: twenty times what a read of D1 takes. [ours] */
const STALE_WAIT_MS = 1_000
/** After a load that failed, requests that may use older trust begin no other for so long, in ms. */
const RETRY_MS = 1_000

/**
 * The facts and trust of hostnames, kept in the isolate for a bounded time and in bounded memory. What is removed from the
 * database stops being trusted within that time. Hostnames with the same records share them, and the trust made of them. A
 * hostname has one load at a time. A load that fails is not kept, so nothing is trusted longer while the database is away.
 */
export class TrustCache {
  readonly #load: (question: HostnameQuestion) => Promise<LoadedHostname>
  readonly #maxAgeMs: number
  readonly #hostnames = new ByteCache<KeptEntry>(HOSTNAMES_BYTES)
  readonly #otherHostnames = new ByteCache<KeptEntry>(OTHER_HOSTNAMES_BYTES)
  readonly #records = new ByteCache<TrustRecord['chain']>(RECORDS_BYTES)
  readonly #trust = new ByteCache<KeptTrust>(TRUST_BYTES)
  readonly #loading = new Map<string, Loading>()
  readonly #staleMs: number
  readonly #loadWaitMs: number
  readonly #staleWaitMs: number
  #serial = 0

  /** @param loadWaitMs the most that a request waits for a load */
  constructor(
    load: (question: HostnameQuestion) => Promise<LoadedHostname>,
    { maxAgeSeconds, staleIfErrorSeconds }: TrustAges,
    loadWaitMs: number = LOAD_WAIT_MS,
  ) {
    this.#load = load
    this.#maxAgeMs = maxAgeSeconds * 1_000
    this.#staleMs = this.#maxAgeMs + staleIfErrorSeconds * 1_000
    this.#loadWaitMs = loadWaitMs
    this.#staleWaitMs = Math.min(loadWaitMs, STALE_WAIT_MS)
  }

  /** The memory of all entries, in bytes, by this file's figures. */
  get bytes(): number {
    return [this.#hostnames, this.#otherHostnames, this.#records, this.#trust].reduce(
      (sum, { bytes }) => sum + bytes,
      0,
    )
  }

  /**
   * The facts and trust of a hostname, from memory or loaded. Rejects when the load fails and memory has nothing that may be used
   * all the same.
   * @param wanted with `facts`, its certificates are not loaded
   */
  async get(ascii: AsciiHostname, wanted: 'facts' | 'trust', ambient: CacheAmbient): Promise<KnownHostname> {
    const kept = this.#kept(ascii, wanted, ambient.nowMs, this.#maxAgeMs)
    if (kept === undefined) {
      const stale = this.#kept(ascii, wanted, ambient.nowMs, this.#staleMs)
      if (stale !== undefined) return await this.#loadOr(stale, ascii, wanted, ambient)
      const loaded = this.#loadShared(ascii, wanted, ambient)
      ambient.waitUntil(loaded.catch(() => undefined))
      return loaded
    }
    if (ambient.nowMs - kept.loadedAtMs >= this.#maxAgeMs * REFRESH_SHARE) this.#refresh(ascii, wanted, ambient)
    return kept
  }

  /** The entry that is kept, if it is young enough and has what is wanted. */
  #kept(ascii: AsciiHostname, wanted: 'facts' | 'trust', nowMs: UnixMilliseconds, maxAgeMs: number): Entry | undefined {
    const kept = this.#keptOf(ascii)
    if (kept === undefined || !isYoung(kept.loadedAtMs, nowMs, maxAgeMs)) return undefined
    const entry = this.#withTrust(kept)
    return wanted === 'facts' || entry.trust !== undefined || !entry.facts.hasCertificates ? entry : undefined
  }

  #keptOf(ascii: AsciiHostname): KeptEntry | undefined {
    return this.#hostnames.get(ascii) ?? this.#otherHostnames.get(ascii)
  }

  /** The entry with its trust; without it where it was evicted. */
  #withTrust({ trustKey, facts, loadedAtMs }: KeptEntry): Entry {
    return { facts, loadedAtMs, trust: trustKey === undefined ? undefined : this.#trust.get(trustKey) }
  }

  /** Begins a load that no request waits for, unless one is under way. */
  #refresh(ascii: AsciiHostname, wanted: 'facts' | 'trust', ambient: CacheAmbient): void {
    if (this.#loading.has(loadingKey(ascii, wanted))) return
    ambient.waitUntil(this.#begin(ascii, wanted, ambient).entry.catch(() => undefined))
  }

  /** Waits for the load that is under way, or begins one. When a load fails, the first request that waited begins the next. */
  async #loadShared(ascii: AsciiHostname, wanted: 'facts' | 'trust', ambient: CacheAmbient): Promise<Entry> {
    const { nowMs } = ambient
    let failure: unknown = new Error(`the database did not answer within ${MAX_LOADS * this.#loadWaitMs} ms`)
    const key = loadingKey(ascii, wanted)
    for (let loads = 0; loads < MAX_LOADS; loads += 1) {
      const loading = this.#underWay(ascii, wanted, ambient)
      const outcome = await settledWithin(loading.entry, this.#loadWaitMs)
      if (outcome?.status === 'fulfilled') return outcome.value
      if (outcome?.status === 'rejected') failure = outcome.reason
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
      const kept = this.#kept(ascii, wanted, nowMs, this.#maxAgeMs)
      if (kept !== undefined) return kept
    }
    throw failure
  }

  /** Loads a hostname, and answers with the older entry if that fails or takes long. Once it failed, nobody waits for a while. */
  async #loadOr(
    stale: Entry,
    ascii: AsciiHostname,
    wanted: 'facts' | 'trust',
    ambient: CacheAmbient,
  ): Promise<KnownHostname> {
    const { nowMs, waitUntil, onStale } = ambient
    const kept = this.#keptOf(ascii)
    const awayMs = (kept?.awayUntilMs ?? 0) - nowMs
    // A clock that was set back does not keep the database away.
    if (awayMs > 0 && awayMs <= this.#staleWaitMs + RETRY_MS) return stale
    const loading = this.#underWay(ascii, wanted, ambient)
    waitUntil(loading.entry.catch(() => undefined))
    const outcome = await settledWithin(loading.entry, this.#staleWaitMs)
    if (outcome?.status === 'fulfilled') return outcome.value
    const key = loadingKey(ascii, wanted)
    if (this.#loading.get(key) === loading) this.#loading.delete(key)
    if (kept !== undefined) kept.awayUntilMs = nowMs + RETRY_MS + (outcome === undefined ? this.#staleWaitMs : 0)
    onStale?.(outcome?.reason ?? new Error(`the database did not answer within ${this.#staleWaitMs} ms`))
    return stale
  }

  /** The load that is under way, or one that begins now. */
  #underWay(ascii: AsciiHostname, wanted: 'facts' | 'trust', ambient: CacheAmbient): Loading {
    const begun = this.#loading.get(loadingKey(ascii, wanted))
    const isYoungEnough = begun !== undefined && isYoung(begun.begunAtMs, ambient.nowMs, this.#maxAgeMs)
    return isYoungEnough ? begun : this.#begin(ascii, wanted, ambient)
  }

  #begin(ascii: AsciiHostname, wanted: 'facts' | 'trust', { nowMs, onLoad }: CacheAmbient): Loading {
    onLoad?.()
    const key = loadingKey(ascii, wanted)
    const entry = this.#loadEntry(ascii, wanted, nowMs).finally(() => {
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
    })
    const loading: Loading = { begunAtMs: nowMs, entry }
    this.#loading.set(key, loading)
    return loading
  }

  async #loadEntry(ascii: AsciiHostname, wanted: 'facts' | 'trust', nowMs: UnixMilliseconds): Promise<Entry> {
    const kept = this.#hostnames.get(ascii)
    const before = kept && this.#withTrust(kept)
    // Held here during the load: the chains that it leaves out as known must still be there when it ends.
    const known = this.#records.latest(wanted === 'trust' ? MAX_KNOWN : 0)
    const { facts, records } = await this.#load({
      ascii,
      records: wanted === 'trust',
      version: before?.trust && before.facts.version,
      known: [...known.keys()],
    })
    const same = before?.facts.version === facts.version ? before : undefined
    const unchanged = same?.trust
    const trust = records === undefined ? unchanged : this.#share(records, known)
    // The age counts from the beginning of the load: the database may have read at any moment since.
    // A version has one list of identity rules, and that of the entry before may be compiled already.
    const entry: Entry = {
      loadedAtMs: nowMs,
      facts: { ...facts, ...(same && { identities: same.facts.identities }) },
      trust,
    }
    const later = this.#hostnames.get(ascii)
    const newer = later && this.#withTrust(later)
    // Of two loads at once, the one that began later has the newer data.
    if (newer !== undefined && newer.loadedAtMs > nowMs && (wanted === 'facts' || newer.trust !== undefined))
      return newer
    this.#keep(ascii, entry)
    return entry
  }

  #keep(ascii: AsciiHostname, { facts, loadedAtMs, trust }: Entry): void {
    if (this.#staleMs === 0) return
    const rooms = [this.#hostnames, this.#otherHostnames]
    const [room, other] = facts.hasCertificates ? rooms : rooms.reverse()
    other?.delete(ascii)
    room?.set(ascii, { facts, loadedAtMs, trustKey: trust?.key }, entryBytes(ascii, facts))
    // It may have been evicted during the load.
    if (trust !== undefined && this.#trust.get(trust.key) === undefined) this.#trust.set(trust.key, trust, trust.bytes)
  }

  /** The trust of these records, the same object for all hostnames with these records. */
  #share(loaded: readonly LoadedRecord[], known: ReadonlyMap<string, TrustRecord['chain']>): KeptTrust {
    const records = loaded.map(({ chain, ...record }) => ({ ...record, chain: chain ?? known.get(record.id) ?? [] }))
    const key = records.map(({ id, uncovered }) => `${id} ${uncovered}`).join()
    const shared = this.#trust.get(key)
    if (shared !== undefined) return shared
    this.#serial += 1
    const bytes = 2 * key.length + costOf(records.flatMap(({ chain }) => chain))
    for (const { id, chain } of records) this.#records.set(id, chain, costOf(chain))
    const trust: KeptTrust = { ...trustOf(records), serial: this.#serial, key, bytes }
    this.#trust.set(key, trust, bytes)
    return trust
  }
}

/** A negative age means that the clock was set back. The true age is unknown then, so it is not young. */
function isYoung(sinceMs: UnixMilliseconds, nowMs: UnixMilliseconds, maxAgeMs: number): boolean {
  const age = nowMs - sinceMs
  return age >= 0 && age < maxAgeMs
}

function entryBytes(ascii: AsciiHostname, { identities }: HostnameFacts): number {
  return ENTRY_BYTES + 2 * ascii.length + (identities?.bytes ?? 0)
}

function loadingKey(ascii: AsciiHostname, wanted: 'facts' | 'trust'): string {
  return `${wanted} ${ascii}`
}

/** The most memory that certificates take, in bytes. */
function costOf(chain: TrustRecord['chain']): number {
  return ENTRY_BYTES * chain.length + certificateBytes(chain)
}

/** How a promise settles; undefined where it does not within `waitMs`. It clears its timer: a request may have only 10,000. */
function settledWithin<T>(promise: Promise<T>, waitMs: number): Promise<PromiseSettledResult<T> | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), waitMs)
    void Promise.allSettled([promise]).then(([outcome]) => {
      clearTimeout(timer)
      resolve(outcome)
    })
  })
}
