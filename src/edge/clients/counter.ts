import { concatenate, toHex } from '../../core/bytes.ts'
import type { Hex, Seconds, UnixSeconds } from '../../core/units.ts'
import {
  Budget,
  displayName,
  isIssuedBy,
  PATH_LIMITS,
  readCertificate,
  sha256,
  type TrustSet,
} from '../../x509/index.ts'
import type { PresentedChain } from '../presented.ts'
import type { KeptCertificate, NotedAnchor, NotedClient, NotedClients, NotedOthers, OwnedHostname } from './sql.ts'

/** How long an isolate collects before it first writes, so that a burst of new clients is one batch. */
const FIRST_SECONDS: Seconds = 5
/** The least time between two batches of an isolate. A Worker may work for 30 s after its answer. */
const MIN_PERIOD_SECONDS: Seconds = 20
/** The longest time between them: an isolate rarely lives longer. */
const MAX_PERIOD_SECONDS: Seconds = 7_200
/** How many batches all isolates together write a minute, about. D1 carries one out in some 10 ms, one after the other. */
const BATCHES_A_MINUTE = 120
/** After this time, a batch that was awaited is not coming any more. */
const OVERDUE_SECONDS: Seconds = 60
/** A client that was written is written again when its requests in the isolate have doubled, and after this time. */
const REPEAT_SECONDS: Seconds = 1_800

/** Clients that an isolate remembers: some 600 bytes each. */
const MAX_CLIENTS = 4_000
/** Of these, clients that none of the hostname's CAs is known to have issued. */
const MAX_STRANGERS = 200
/** Hostnames that an isolate counts for. */
const MAX_HOSTNAMES = 5_000
/** DER that waits to be written, in bytes. */
const MAX_EVIDENCE_BYTES = 4_194_304

/** Rows of one batch, of clients, of hostnames and of anchors each. */
const MAX_ROWS = 200
/** DER of one batch, in bytes. As hexadecimal it is twice that, and D1 takes texts of 2 MB. */
const MAX_BATCH_BYTES = 400_000
/** The largest certificate that is kept, and the most that may come with it. One of 2 KB is large. */
const MAX_LEAF_BYTES = 4_096
const MAX_CHAIN_BYTES = 8_192
/** The characters of a name that are kept. */
const MAX_NAME = 256
/** Signature checks of one batch, in the unit of PathLimits.signatureCost: some 2 ms. */
const PROOF_COST = 40

/** Codes of clients whose path is valid up to an anchor, but for this. */
const PROVEN: ReadonlySet<string> = new Set(['revoked', 'blocked', 'crl_stale', 'not_covered', 'identity_not_allowed'])

/** A client's certificate, and what it is decided by. */
interface Evidence extends PresentedChain {
  readonly trust: TrustSet | undefined
}

/** One request of a client. */
export interface Sighting {
  /** SHA-256 of the certificate; or the code, where there is none that can be read. */
  readonly client: string
  readonly at: UnixSeconds
  /** SHA-256 of the anchor; undefined where it is refused. */
  readonly anchor: Hex | undefined
  /** Why it is refused. */
  readonly refusal: string | undefined
  /** Undefined where there is no certificate that can be read. */
  readonly presented: PresentedChain | undefined
  readonly trust: TrustSet | undefined
}

/** A client of a hostname, as the isolate remembers it. Counts are of requests that were not written yet. */
interface Seen {
  readonly client: string
  /** Undefined: not known yet. */
  own: boolean | undefined
  accepted: number
  acceptedAt: UnixSeconds | undefined
  anchor: AnchorCount | undefined
  refused: number
  refusedAt: UnixSeconds | undefined
  refusal: string | undefined
  readonly firstAt: UnixSeconds
  lastAt: UnixSeconds
  /** All requests. */
  total: number
  /** It is to be written when `total` reaches this number, or at this time. */
  dueTotal: number
  dueAt: UnixSeconds
  /** Until it was written. */
  evidence: Evidence | undefined
  names: Pick<NotedClient, 'subject' | 'issuer' | 'notAfter'>
}

/** A client of which something is to be written. */
interface Due {
  readonly host: SeenHostname
  readonly seen: Seen
}

interface AnchorCount {
  readonly sha256: Hex
  count: number
  lastAt: UnixSeconds
}

interface SeenHostname extends OwnedHostname {
  readonly clients: Map<string, Seen>
  readonly anchors: Map<Hex, AnchorCount>
  own: number
  strangers: number
}

/** What is being written. */
export interface Batch {
  readonly noted: NotedClients
  /** Takes what was written off the counts, where it was. @param pace batches of all isolates a minute; undefined: it failed */
  readonly settle: (pace: number | undefined, now: UnixSeconds) => void
}

const NO_NAMES = { subject: '', issuer: '', notAfter: undefined }

/**
 * Counts clients in an isolate. A known client costs two look-ups in maps. What is new is written within 25 seconds, what was written
 * before when its count has doubled or after half an hour; and all of it more slowly where many isolates write. An isolate that ends
 * takes with it what it has not written.
 */
export class ClientCounter {
  readonly #hostnames = new Map<string, SeenHostname>()
  #clients = 0
  #strangers = 0
  #evidenceBytes = 0
  /** Requests at hostnames for which there is no room. They are in the log only. */
  #lost = 0
  #isDue = false
  #isAwaited = false
  /** When the next batch is to be written. */
  #nextAt = Number.NEGATIVE_INFINITY
  #periodSeconds = MIN_PERIOD_SECONDS

  /**
   * Counts a request.
   * @returns after how many seconds to `take` a batch; undefined where that is under way, or not due
   */
  note(owned: OwnedHostname, sighting: Sighting): Seconds | undefined {
    const { at, client, anchor, refusal } = sighting
    const host = this.#hostnameOf(owned)
    if (host === undefined) return undefined
    const count = anchor === undefined ? undefined : anchorCount(host, anchor, at)
    const seen = host.clients.get(client) ?? this.#add(host, sighting)
    if (seen === undefined) return this.#schedule(at)
    if (count !== undefined || PROVEN.has(refusal ?? '')) this.#own(seen)
    if (count === undefined) refuse(seen, refusal, at)
    else accept(seen, count, at)
    seen.lastAt = at
    seen.total += 1
    if (seen.total >= seen.dueTotal || at >= seen.dueAt) this.#isDue = true
    return this.#isDue ? this.#schedule(at) : undefined
  }

  /** Whether another batch is due at once. An isolate that goes slower than it might has time. */
  get hasMore(): boolean {
    return this.#isDue && this.#periodSeconds === MIN_PERIOD_SECONDS
  }

  /** How many requests were not counted since this was last asked, for want of room. */
  takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  /** What is due, to be written; undefined where nothing is. @param now Unix seconds, UTC */
  async take(now: UnixSeconds): Promise<Batch | undefined> {
    this.#isDue = false
    this.#nextAt = now + this.#periodSeconds
    const budget = new Budget({ ...PATH_LIMITS, signatureCost: PROOF_COST })
    const clients: NotedClient[] = []
    const certificates = new Map<string, KeptCertificate>()
    const settled: Settle[] = []
    const hosts = new Set<SeenHostname>()
    let bytes = 0
    for (const { host, seen } of this.#due(now)) {
      if (clients.length === MAX_ROWS || bytes > MAX_BATCH_BYTES || !(await this.#prove(seen, budget))) {
        this.#isDue = true
        continue
      }
      bytes += bytesOf(seen.evidence)
      const chain = seen.evidence && (await keptOf(seen.evidence, host, seen, certificates))
      clients.push(clientOf(host, seen, chain))
      hosts.add(host)
      settled.push(this.#begin(host, seen, now))
    }
    for (const host of this.#hostnames.values()) if (hosts.size < MAX_ROWS && hasMore(host)) hosts.add(host)
    if (hosts.size === 0) {
      this.#isAwaited = false
      return undefined
    }
    const hostnames = [...hosts].map(othersOf)
    const anchors = [...hosts].flatMap(pendingAnchors).slice(0, MAX_ROWS)
    settled.push(...[...hosts].map(beginOthers), ...anchors.map(([, anchor]) => beginAnchor(anchor)))
    return {
      noted: { hostnames, clients, certificates: [...certificates.values()], anchors: anchors.map(anchorOf) },
      settle: (pace, at) => this.#settle(pace, at, settled),
    }
  }

  #hostnameOf(owned: OwnedHostname): SeenHostname | undefined {
    const { zone, hostname, account } = owned
    const known = this.#hostnames.get(hostname)
    if (known?.zone === zone) return known
    if (this.#hostnames.size >= MAX_HOSTNAMES) {
      this.#lost += 1
      return undefined
    }
    // Another zone took the hostname over. What was counted for the one before is still written.
    if (known !== undefined) this.#hostnames.set(`${known.zone} ${hostname}`, known)
    const host = { account, zone, hostname, clients: new Map(), anchors: new Map(), own: 0, strangers: 0 }
    this.#hostnames.set(hostname, host)
    return host
  }

  /** Begins to remember a client; undefined where there is no room for it. */
  #add(host: SeenHostname, { client, at, anchor, refusal = '', presented, trust }: Sighting): Seen | undefined {
    const evidence = presented && { ...presented, trust }
    const own = anchor !== undefined || PROVEN.has(refusal) || (evidence === undefined ? false : undefined)
    const bytes = bytesOf(evidence)
    const hasRoom = evidence === undefined || own ? this.#clients < MAX_CLIENTS : this.#strangers < MAX_STRANGERS
    if (!hasRoom || this.#evidenceBytes + bytes > MAX_EVIDENCE_BYTES) {
      if (own) host.own += 1
      else host.strangers += 1
      this.#isDue = true
      return undefined
    }
    const seen: Seen = {
      client,
      own,
      accepted: 0,
      acceptedAt: undefined,
      anchor: undefined,
      refused: 0,
      refusedAt: undefined,
      refusal: undefined,
      firstAt: at,
      lastAt: at,
      total: 0,
      dueTotal: 1,
      dueAt: at,
      evidence,
      names: NO_NAMES,
    }
    this.#evidenceBytes += bytes
    this.#clients += 1
    if (isStranger(seen)) this.#strangers += 1
    host.clients.set(client, seen)
    return seen
  }

  /** Finds out whose a client is. Returns whether that is known. */
  async #prove(seen: Seen, budget: Budget): Promise<boolean> {
    const own = seen.own ?? (await isIssued(seen.evidence, budget))
    if (own === true) this.#own(seen)
    if (own === false) seen.own = false
    return own !== 'unknown'
  }

  #own(seen: Seen): void {
    if (isStranger(seen)) this.#strangers -= 1
    seen.own = true
  }

  #schedule(at: UnixSeconds): Seconds | undefined {
    if (this.#isAwaited && at <= this.#nextAt + OVERDUE_SECONDS) return undefined
    const wait = this.#nextAt === Number.NEGATIVE_INFINITY ? FIRST_SECONDS : Math.max(0, this.#nextAt - at)
    if (wait > MIN_PERIOD_SECONDS) return undefined
    this.#isAwaited = true
    this.#nextAt = at + wait
    return wait
  }

  /** The clients of which something is to be written: those of the hostnames' own CAs first. */
  #due(now: UnixSeconds): readonly Due[] {
    const due: Due[] = []
    for (const host of this.#hostnames.values()) {
      for (const seen of host.clients.values()) {
        const isPending = seen.accepted + seen.refused > 0
        if (isPending && (seen.total >= seen.dueTotal || now >= seen.dueAt)) due.push({ host, seen })
      }
    }
    return due.sort((a, b) => Number(b.seen.own ?? false) - Number(a.seen.own ?? false))
  }

  /** Sets when a client is written next. Returns what to do once it was written, or could not be. */
  #begin(host: SeenHostname, seen: Seen, now: UnixSeconds): Settle {
    const { accepted, refused, total } = seen
    seen.dueTotal = isStranger(seen) ? Number.POSITIVE_INFINITY : 2 * total
    seen.dueAt = now + Math.max(REPEAT_SECONDS, this.#periodSeconds)
    return (ok) => {
      if (!ok) {
        seen.dueAt = now
        return
      }
      seen.accepted -= accepted
      seen.refused -= refused
      this.#evidenceBytes -= bytesOf(seen.evidence)
      seen.evidence = undefined
      // Strangers leave room for the next ones.
      if (isStranger(seen) && this.#strangers > MAX_STRANGERS / 2) this.#remove(host, seen)
    }
  }

  #settle(pace: number | undefined, now: UnixSeconds, settled: readonly Settle[]): void {
    this.#isAwaited = false
    for (const settle of settled) settle(pace !== undefined)
    if (pace === undefined) {
      this.#isDue = true
      return
    }
    // All isolates do the same: so the sum of their batches comes near the number that is wanted, in a step or two.
    const share = Math.min(64, Math.max(0.5, pace / BATCHES_A_MINUTE))
    this.#periodSeconds = Math.min(MAX_PERIOD_SECONDS, Math.max(MIN_PERIOD_SECONDS, this.#periodSeconds * share))
    this.#nextAt = now + this.#periodSeconds
    for (const [key, host] of this.#hostnames) {
      for (const seen of host.clients.values()) {
        if (seen.accepted + seen.refused === 0 && seen.lastAt < now - REPEAT_SECONDS) this.#remove(host, seen)
      }
      if (host.clients.size === 0 && !hasMore(host)) this.#hostnames.delete(key)
    }
  }

  #remove(host: SeenHostname, seen: Seen): void {
    if (!host.clients.delete(seen.client)) return
    this.#clients -= 1
    if (isStranger(seen)) this.#strangers -= 1
  }
}

/** @param ok whether it was written */
type Settle = (ok: boolean) => void

/** Hexadecimal digits of a SHA-256. */
const SHA256_DIGITS = 64

/** Whether it has a certificate that no CA of the hostname is known to have issued. */
function isStranger({ own, client }: Seen): boolean {
  return own !== true && client.length === SHA256_DIGITS
}

function refuse(seen: Seen, refusal: string | undefined, at: UnixSeconds): void {
  if (refusal !== seen.refusal || seen.acceptedAt === seen.lastAt) seen.dueAt = at
  seen.refused += 1
  seen.refusedAt = at
  seen.refusal = refusal
}

function accept(seen: Seen, anchor: AnchorCount, at: UnixSeconds): void {
  if (seen.anchor !== anchor) seen.dueAt = at
  seen.accepted += 1
  seen.acceptedAt = at
  seen.anchor = anchor
}

function anchorCount(host: SeenHostname, sha256: Hex, at: UnixSeconds): AnchorCount {
  const count = host.anchors.get(sha256) ?? { sha256, count: 0, lastAt: at }
  if (count.count === 0) host.anchors.set(sha256, count)
  count.count += 1
  count.lastAt = at
  return count
}

function hasMore({ own, strangers, anchors }: SeenHostname): boolean {
  return own + strangers > 0 || [...anchors.values()].some(({ count }) => count > 0)
}

/** Returns what to do once requests that found no room were written. */
function beginOthers(host: SeenHostname): Settle {
  const { own, strangers } = host
  return (ok) => {
    if (!ok) return
    host.own -= own
    host.strangers -= strangers
  }
}

/** Returns what to do once the count of an anchor was written. */
function beginAnchor(anchor: AnchorCount): Settle {
  const { count } = anchor
  return (ok) => {
    if (ok) anchor.count -= count
  }
}

function bytesOf(evidence: Evidence | undefined): number {
  return evidence === undefined ? 0 : evidence.chain.reduce((sum, { length }) => sum + length, evidence.leaf.length)
}

async function isIssued(evidence: Evidence | undefined, budget: Budget): Promise<boolean | 'unknown'> {
  if (evidence?.trust === undefined) return false
  const { leaf, chain, trust } = evidence
  return await isIssuedBy({ leaf, intermediates: chain, trust, budget })
}

/**
 * Adds a client's certificate, and what came with it, to those that are kept.
 * @returns SHA-256 of what came with it; undefined where it is not kept
 */
async function keptOf(
  { leaf, chain }: Evidence,
  { account }: SeenHostname,
  seen: Seen,
  kept: Map<string, KeptCertificate>,
): Promise<Hex | undefined> {
  const read = readCertificate(leaf)
  if (read.ok) {
    const { subject, issuer, notAfter } = read.value
    seen.names = { subject: nameOf(displayName(subject)), issuer: nameOf(displayName(issuer)), notAfter }
  }
  const keep = (hash: Hex, der: Uint8Array) =>
    kept.set(account + hash, { account, sha256: hash, der: toHex(der), own: seen.own === true })
  if (leaf.length > MAX_LEAF_BYTES) return undefined
  keep(seen.client, leaf)
  if (chain.length === 0) return ''
  const together = concatenate(chain)
  if (together.length > MAX_CHAIN_BYTES) return undefined
  const hash = await sha256(together)
  keep(hash, together)
  return hash
}

function nameOf(name: string): string {
  return name.slice(0, MAX_NAME).toWellFormed()
}

function clientOf({ account, zone, hostname }: SeenHostname, seen: Seen, chain: Hex | undefined): NotedClient {
  const { client, own, names, accepted, acceptedAt, anchor, refused, refusedAt, refusal, firstAt } = seen
  return {
    ...{ account, zone, hostname, client, own: own === true, ...names, firstAt, chain },
    ...{ accepted, acceptedAt: accepted > 0 ? acceptedAt : undefined, anchor: anchor?.sha256 },
    ...(refused > 0 ? { refused, refusedAt, refusal } : { refused, refusedAt: undefined, refusal: undefined }),
  }
}

function othersOf({ account, zone, hostname, own, strangers }: SeenHostname): NotedOthers {
  return { account, zone, hostname, own, strangers }
}

/** The anchors of a hostname of which something is to be written. */
function pendingAnchors(host: SeenHostname): readonly (readonly [SeenHostname, AnchorCount])[] {
  return [...host.anchors.values()].flatMap((anchor) => (anchor.count === 0 ? [] : [[host, anchor] as const]))
}

function anchorOf([host, anchor]: readonly [SeenHostname, AnchorCount]): NotedAnchor {
  const { account, zone, hostname } = host
  return { account, zone, hostname, anchor: anchor.sha256, count: anchor.count, lastAt: anchor.lastAt }
}
