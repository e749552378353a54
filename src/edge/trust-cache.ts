import type { TrustRecord } from '../core/model.ts'
import type { AsciiHostname, Seconds, UnixMilliseconds } from '../core/units.ts'
import { ByteCache } from './byte-cache.ts'
import type { HostnameFacts, HostnameQuestion, LoadedHostname, LoadedRecord } from './hostname-sql.ts'
import { type Trust, trustOf } from './trust.ts'

/** A hostname, as it is known at the moment. */
export interface KnownHostname {
  readonly facts: HostnameFacts
  /** Undefined where only the facts were asked for. */
  readonly trust: SharedTrust | undefined
}

/** Trust that all hostnames with the same records share. */
export interface SharedTrust extends Trust {
  /** Names this very object in keys of other caches; never given twice. */
  readonly serial: number
}

/** What a request brings along. */
export interface CacheAmbient {
  /** Unix time in ms. */
  readonly nowMs: UnixMilliseconds
  /** Keeps the request alive until a promise settles (ExecutionContext.waitUntil). */
  readonly waitUntil: (promise: Promise<unknown>) => void
}

/** What is known of a hostname, and since when. */
interface Entry extends KnownHostname {
  /** When the load of it began, Unix time in ms. */
  readonly loadedAtMs: UnixMilliseconds
  readonly trust: KeptTrust | undefined
}

/** An entry as it is kept: by name of its trust, which must be free to go when there is no room for it. */
interface KeptEntry extends Omit<Entry, 'trust'> {
  readonly trustKey: string | undefined
}

interface KeptTrust extends SharedTrust {
  /** Tells the records and their policies. */
  readonly key: string
  /** As the room for trust counts it. */
  readonly bytes: number
}

interface Loading {
  /** Unix time in ms. */
  readonly begunAtMs: UnixMilliseconds
  readonly entry: Promise<Entry>
}

/** Room for hostnames with certificates, in bytes: some ten thousand of them. */
const HOSTNAMES_BYTES = 4_194_304
/** Room for other hostnames, in bytes. Anybody can make them up, so they have a room of their own. */
const OTHER_HOSTNAMES_BYTES = 1_048_576
/** Room for records, in bytes, as costOf counts. */
const RECORDS_BYTES = 16_777_216
/** Room for trust, in bytes, as costOf counts. With all the rest it is half of the 128 MB that an isolate has. */
const TRUST_BYTES = 25_165_824

/** Bytes of an entry, its key and what the maps need for it, measured in workerd. */
const ENTRY_BYTES = 400

/**
 * Bytes that a certificate takes when it was read, for each byte of its DER. Measured in workerd: 6.6 KB for a root of 1 KB,
 * 98 KB for one of 16 KB with 620 extensions. Few are ever read, but this counts as if all were.
 */
const READ_BYTES_PER_BYTE = 7

/** Records that a question names as known: an account's default quota, and three more of the kind. */
const MAX_KNOWN = 200

/** Share of its age after which a hostname is loaded anew while it is still answered from memory. */
const REFRESH_SHARE = 0.7

/**
 * How long a request waits for a load, its own or another's, in ms. D1 retries reads for some seconds; a load that takes
 * longer may hang on a request that is gone.
 */
const LOAD_WAIT_MS = 5_000

/** Loads that one request waits for. */
const MAX_LOADS = 3

/**
 * What is known of hostnames, kept in the isolate for a bounded age and in bounded room: what was removed from the database
 * stops being trusted within that age. Records and what was made of them are shared by all hostnames that have them. One
 * load at a time for a hostname. A load that fails leaves nothing behind, so nothing is ever trusted longer because the
 * database is away.
 */
export class TrustCache {
  readonly #load: (question: HostnameQuestion) => Promise<LoadedHostname>
  readonly #maxAgeMs: number
  readonly #hostnames = new ByteCache<KeptEntry>(HOSTNAMES_BYTES)
  readonly #otherHostnames = new ByteCache<KeptEntry>(OTHER_HOSTNAMES_BYTES)
  readonly #records = new ByteCache<TrustRecord['chain']>(RECORDS_BYTES)
  readonly #trust = new ByteCache<KeptTrust>(TRUST_BYTES)
  readonly #loading = new Map<string, Loading>()
  readonly #loadWaitMs: number
  #serial = 0

  /**
   * @param maxAgeSeconds how old what is answered may be; 0 keeps nothing
   * @param loadWaitMs how long a request waits for a load
   */
  constructor(
    load: (question: HostnameQuestion) => Promise<LoadedHostname>,
    maxAgeSeconds: Seconds,
    loadWaitMs: number = LOAD_WAIT_MS,
  ) {
    this.#load = load
    this.#maxAgeMs = maxAgeSeconds * 1_000
    this.#loadWaitMs = loadWaitMs
  }

  /** What all of it takes, in bytes, by this file's figures. */
  get bytes(): number {
    return [this.#hostnames, this.#otherHostnames, this.#records, this.#trust].reduce(
      (sum, { bytes }) => sum + bytes,
      0,
    )
  }

  /**
   * What is known of a hostname in A-label form. Rejects when it can be neither found nor loaded.
   * @param wanted `facts`: its certificates are not read
   */
  async get(ascii: AsciiHostname, wanted: 'facts' | 'trust', ambient: CacheAmbient): Promise<KnownHostname> {
    const kept = this.#kept(ascii, wanted, ambient.nowMs)
    if (kept === undefined) {
      const loaded = this.#loadShared(ascii, wanted, ambient)
      ambient.waitUntil(loaded.catch(() => undefined))
      return loaded
    }
    if (ambient.nowMs - kept.loadedAtMs >= this.#maxAgeMs * REFRESH_SHARE) this.#refresh(ascii, wanted, ambient)
    return kept
  }

  /** What is kept and young enough. */
  #kept(ascii: AsciiHostname, wanted: 'facts' | 'trust', nowMs: UnixMilliseconds): Entry | undefined {
    const kept = this.#hostnames.get(ascii) ?? this.#otherHostnames.get(ascii)
    if (kept === undefined || !this.#isYoung(kept.loadedAtMs, nowMs)) return undefined
    const entry = this.#withTrust(kept)
    return wanted === 'facts' || entry.trust !== undefined || !entry.facts.hasCertificates ? entry : undefined
  }

  /** Without trust where there was no room for it any more. */
  #withTrust({ trustKey, facts, loadedAtMs }: KeptEntry): Entry {
    return { facts, loadedAtMs, trust: trustKey === undefined ? undefined : this.#trust.get(trustKey) }
  }

  /** An age below zero means that the clock was set back: how old that is cannot be said. */
  #isYoung(sinceMs: number, nowMs: UnixMilliseconds): boolean {
    const age = nowMs - sinceMs
    return age >= 0 && age < this.#maxAgeMs
  }

  /** Begins a load that nobody waits for, unless there is one. */
  #refresh(ascii: AsciiHostname, wanted: 'facts' | 'trust', { nowMs, waitUntil }: CacheAmbient): void {
    if (this.#loading.has(loadingKey(ascii, wanted))) return
    waitUntil(this.#begin(ascii, wanted, nowMs).entry.catch(() => undefined))
  }

  /** Waits for the load that is under way, or begins one. Of all who wait in vain for one, the first begins the next. */
  async #loadShared(ascii: AsciiHostname, wanted: 'facts' | 'trust', { nowMs }: CacheAmbient): Promise<Entry> {
    let failure: unknown = new Error(`the database did not answer within ${MAX_LOADS * this.#loadWaitMs} ms`)
    const key = loadingKey(ascii, wanted)
    for (let loads = 0; loads < MAX_LOADS; loads += 1) {
      const begun = this.#loading.get(key)
      const loading = begun && this.#isYoung(begun.begunAtMs, nowMs) ? begun : this.#begin(ascii, wanted, nowMs)
      const outcome = await settledWithin(loading.entry, this.#loadWaitMs)
      if (outcome?.status === 'fulfilled') return outcome.value
      if (outcome?.status === 'rejected') failure = outcome.reason
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
      const kept = this.#kept(ascii, wanted, nowMs)
      if (kept !== undefined) return kept
    }
    throw failure
  }

  #begin(ascii: AsciiHostname, wanted: 'facts' | 'trust', nowMs: UnixMilliseconds): Loading {
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
    // Held on to while the load is under way: what it was told is known must be there when it answers.
    const known = this.#records.latest(wanted === 'trust' ? MAX_KNOWN : 0)
    const { facts, records } = await this.#load({
      ascii,
      records: wanted === 'trust',
      version: before?.trust && before.facts.version,
      known: [...known.keys()],
    })
    const unchanged = before?.facts.version === facts.version ? before.trust : undefined
    const trust = records === undefined ? unchanged : this.#share(records, known)
    // Aged from when the load began: the database may have answered from any moment since.
    const entry: Entry = { loadedAtMs: nowMs, facts, trust }
    const later = this.#hostnames.get(ascii)
    const newer = later && this.#withTrust(later)
    // Of two loads at once, the one that began later knows better.
    if (newer !== undefined && newer.loadedAtMs > nowMs && (wanted === 'facts' || newer.trust !== undefined))
      return newer
    this.#keep(ascii, entry)
    return entry
  }

  #keep(ascii: AsciiHostname, { facts, loadedAtMs, trust }: Entry): void {
    if (this.#maxAgeMs === 0) return
    const rooms = [this.#hostnames, this.#otherHostnames]
    const [room, other] = facts.hasCertificates ? rooms : rooms.reverse()
    other?.delete(ascii)
    room?.set(ascii, { facts, loadedAtMs, trustKey: trust?.key }, ENTRY_BYTES + 2 * ascii.length)
    // It may have had to go while the load was under way.
    if (trust !== undefined && this.#trust.get(trust.key) === undefined) this.#trust.set(trust.key, trust, trust.bytes)
  }

  /** The trust of these records: the same object for all hostnames that have them. */
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

function loadingKey(ascii: AsciiHostname, wanted: 'facts' | 'trust'): string {
  return `${wanted} ${ascii}`
}

/** Bytes that certificates take, at most. */
function costOf(chain: TrustRecord['chain']): number {
  return chain.reduce((sum, { der }) => sum + ENTRY_BYTES + (1 + READ_BYTES_PER_BYTE) * der.length, 0)
}

/** How a promise settles, if it does within a time. No timer is left behind: a request may have 10,000. */
function settledWithin<T>(promise: Promise<T>, waitMs: number): Promise<PromiseSettledResult<T> | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), waitMs)
    void Promise.allSettled([promise]).then(([outcome]) => {
      clearTimeout(timer)
      resolve(outcome)
    })
  })
}
