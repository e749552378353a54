import type { HostnameTrust } from '../store/trust-anchors.ts'
import type { RevocationData } from '../x509/path/revocation.ts'
import type { Accepted } from '../x509/path/verdict.ts'
import type { ClientIdentity } from './client-identity.ts'
import { type Trust, trustOf } from './trust.ts'

/** The trust of one hostname as it was loaded. A new object each time it is loaded: it stands for its version. */
export interface LoadedTrust extends HostnameTrust {
  /** The hostname has certificates associated with it. */
  readonly hasCertificates: boolean
  readonly trust: Trust
  /** Leaves that were accepted under this very trust, by the SHA-256 of their DER. */
  readonly accepted: Map<string, AcceptedLeaf>
  /** What was known of paths that are valid otherwise, by the SHA-256 of their certificates. */
  readonly revocation: Map<string, RevocationData>
}

/** What is kept of an accepted leaf. */
export interface AcceptedLeaf extends Pick<Accepted, 'path' | 'revocation'> {
  /** The last second (Unix, UTC) in which it is accepted without another decision. */
  readonly until: number
  /** Only where the hostname's origin is to be told. */
  readonly identity?: ClientIdentity
}

interface Entry {
  readonly loadedAtMs: number
  readonly loaded: LoadedTrust
}

interface Loading {
  readonly begunAtMs: number
  readonly loaded: Promise<LoadedTrust>
}

/** Hostnames kept in one isolate. An entry holds a few certificates, some 10 KB; an isolate has 128 MB. */
const MAX_HOSTNAMES = 1_000

/**
 * How long a request waits for a load that another one began, in ms. That request may have been cancelled, and its
 * load with it; then this one loads for itself.
 */
const SHARED_LOAD_WAIT_MS = 1_000

/** How many loads of others a request waits for: the one that it finds, and the one that is begun in its place. */
const SHARED_LOADS = 2

/**
 * The trust of hostnames, kept in the isolate for a bounded age: what was removed from the database stops being
 * trusted within it. One load at a time for a hostname. A load that fails leaves nothing behind, so nothing is ever
 * trusted longer because the database is away.
 */
export class TrustCache {
  readonly #load: (ascii: string) => Promise<HostnameTrust>
  readonly #maxAgeMs: number
  readonly #entries = new Map<string, Entry>()
  readonly #loading = new Map<string, Loading>()

  /** @param maxAgeSeconds how old what is answered may be; 0 keeps nothing */
  constructor(load: (ascii: string) => Promise<HostnameTrust>, maxAgeSeconds: number) {
    this.#load = load
    this.#maxAgeMs = maxAgeSeconds * 1_000
  }

  /** The trust of a hostname in A-label form. `nowMs` is Unix time in ms. Rejects when it can be neither found nor loaded. */
  async get(ascii: string, nowMs: number): Promise<LoadedTrust> {
    let last: Loading | undefined
    for (let waits = 0; waits < SHARED_LOADS; waits += 1) {
      const kept = this.#kept(ascii, nowMs)
      if (kept !== undefined) return kept
      const loading = this.#loading.get(ascii)
      if (loading === undefined || loading === last || !this.#isYoung(loading.begunAtMs, nowMs)) break
      const loaded = await firstWithin(loading.loaded, SHARED_LOAD_WAIT_MS)
      if (loaded !== undefined) return loaded
      last = loading
    }
    return this.#start(ascii, nowMs)
  }

  /** What is kept of a hostname, unless it is too old: then it goes. */
  #kept(ascii: string, nowMs: number): LoadedTrust | undefined {
    const entry = this.#entries.get(ascii)
    if (entry !== undefined && this.#isYoung(entry.loadedAtMs, nowMs)) return entry.loaded
    this.#entries.delete(ascii)
    return undefined
  }

  /** An age below zero means that the clock was set back: how old that is cannot be said. */
  #isYoung(sinceMs: number, nowMs: number): boolean {
    const age = nowMs - sinceMs
    return age >= 0 && age < this.#maxAgeMs
  }

  #start(ascii: string, nowMs: number): Promise<LoadedTrust> {
    const loaded = this.#loadEntry(ascii, nowMs).finally(() => {
      if (this.#loading.get(ascii)?.loaded === loaded) this.#loading.delete(ascii)
    })
    this.#loading.set(ascii, { begunAtMs: nowMs, loaded })
    return loaded
  }

  async #loadEntry(ascii: string, nowMs: number): Promise<LoadedTrust> {
    const found = await this.#load(ascii)
    const { bundles } = found
    const loaded = {
      ...found,
      hasCertificates: bundles.length > 0,
      trust: trustOf(bundles),
      accepted: new Map(),
      revocation: new Map(),
    }
    const entry = this.#entries.get(ascii)
    // One that began later, and was faster, knows better.
    if (entry !== undefined && entry.loadedAtMs > nowMs) return entry.loaded
    this.#entries.delete(ascii)
    this.#makeRoom(nowMs)
    // Aged from when the load began: the database may have answered from any moment since.
    this.#entries.set(ascii, { loadedAtMs: nowMs, loaded })
    return loaded
  }

  /** Entries lie in the order in which they were loaded. Those past their age go, so that nothing is kept for nobody. */
  #makeRoom(nowMs: number): void {
    for (const [ascii, { loadedAtMs }] of this.#entries) {
      if (this.#entries.size < MAX_HOSTNAMES && nowMs - loadedAtMs < this.#maxAgeMs) return
      this.#entries.delete(ascii)
    }
  }
}

/** A promise's value if it comes within a time; undefined when it fails or takes longer. */
function firstWithin<T>(promise: Promise<T>, waitMs: number): Promise<T | undefined> {
  return Promise.race([promise.catch(() => undefined), scheduler.wait(waitMs).then(() => undefined)])
}
