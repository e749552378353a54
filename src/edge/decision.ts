import type { Database, TrustAges, TrustSettings } from '../core/config.ts'
import { parseHostname } from '../core/hostname.ts'
import type { Result } from '../core/result.ts'
import type { AsciiHostname } from '../core/units.ts'
import {
  type Accepted,
  type Budget,
  type Certificate,
  type Refused,
  type RevocationData,
  sha256,
} from '../x509/index.ts'
import { type AcceptedLeaf, acceptedLeaf } from './accepted-leaf.ts'
import type { NotAllowed } from './admission.ts'
import { ByteCache } from './byte-cache.ts'
import { decidePath, refusedPlainly } from './decide-path.ts'
import { type HostnameFacts, type HostnameQuestion, type LoadedHostname, selectHostname } from './hostname-sql.ts'
import type { PresentedChain } from './presented.ts'
import { loadRevocation, type RevocationScope, revocationBytes } from './revocation.ts'
import { type CacheAmbient, type SharedTrust, TrustCache } from './trust-cache.ts'

/** Why a client is refused before any path is looked at. */
export type NoDecision =
  | { readonly code: 'no_certificate'; readonly message: string; readonly suggestion: string }
  | { readonly code: 'certificate_unreadable'; readonly message: string }
  | { readonly code: 'certificate_left_out'; readonly message: string }
  | { readonly code: 'hostname_invalid'; readonly message: string }
  | { readonly code: 'hostname_not_enabled'; readonly message: string }
  | { readonly code: 'hostname_without_certificates'; readonly message: string }
  | { readonly code: 'trust_unavailable'; readonly message: string }

/** A client is refused, and no path was looked at. */
export type NotDecided = { readonly accepted: false } & NoDecision

/** A decision on a leaf. `cached`: an earlier decision still holds. */
export type LeafDecision =
  | { readonly accepted: true; readonly leaf: AcceptedLeaf; readonly cached: boolean }
  | Refused
  | NotAllowed
  | NotDecided

/** A decision in plain data, so that all of it crosses Workers RPC. */
export type ClientDecision = (Accepted & { readonly cached: boolean }) | Refused | NotAllowed | NotDecided

/** A decision on a client of a hostname. */
export interface EdgeDecision {
  /** Undefined where the hostname is invalid or the database is away. */
  readonly facts: HostnameFacts | undefined
  readonly decision: LeafDecision
  /** The hostname; undefined where it is invalid. */
  readonly ascii?: AsciiHostname
  /** Undefined where no path was looked at. */
  readonly trust?: SharedTrust | undefined
}

/** What comes from outside the program. */
export interface DecisionAmbient extends CacheAmbient {
  /** Counts the work of the decision; by default, its own limits alone bound it. */
  readonly budget?: Budget
  /** Logs why no decision can be made. */
  readonly logError: (cause: unknown) => void
}

/** Memory for accepted leaves, in bytes: some two thousand of them. */
const LEAVES_BYTES = 8_388_608
/** Memory for the revocation of paths, in bytes. */
const REVOCATION_BYTES = 4_194_304

/** Where decisions load from. Both functions reject when the database is away. */
export interface EdgeSource {
  readonly load: (question: HostnameQuestion) => Promise<LoadedHostname>
  readonly lookUp: (scope: RevocationScope, path: readonly Certificate[]) => Promise<RevocationData>
}

/** What decisions remember. An isolate has one. */
export interface Edge {
  readonly hostnames: TrustCache
  /**
   * Keys: the trust and version under which they were accepted, the hostname if it has identity rules, and their DER in base64: it
   * takes less time than a digest.
   */
  readonly leaves: ByteCache<AcceptedLeaf>
  /** Keys: the trust and version, and the SHA-256 of each certificate of the path. */
  readonly revocation: ByteCache<RevocationData>
  readonly lookUp: EdgeSource['lookUp']
}

/** @param ages how long the facts and trust of a hostname are used */
export function newEdge({ load, lookUp }: EdgeSource, ages: TrustAges): Edge {
  return {
    hostnames: new TrustCache(load, ages),
    leaves: new ByteCache(LEAVES_BYTES),
    revocation: new ByteCache(REVOCATION_BYTES),
    lookUp,
  }
}

/**
 * The database that an isolate reads trust from. With `replica`, any replica serves, in one session: what the isolate reads never
 * goes back in time, whichever replicas answer.
 */
export function trustDatabase(d1: D1Database, reads: TrustSettings['reads']): Database {
  return reads === 'replica' ? d1.withSession('first-unconstrained') : d1
}

/** Loads from the database. */
export function databaseSource(db: Database): EdgeSource {
  return {
    load: (question) => selectHostname(db, question),
    lookUp: (scope, path) => loadRevocation(db, scope, path),
  }
}

/**
 * Decides whether a client may reach a hostname, by the certificates that the hostname's owner associated with it. Gateway and
 * RPC both decide by this function. It never throws for what a client or an unavailable database causes, and never accepts
 * without trust. It does not load the hostname's certificates where the client presented none.
 */
export async function decideClient(
  edge: Edge,
  hostname: string,
  presented: Result<PresentedChain, NoDecision>,
  ambient: DecisionAmbient,
): Promise<EdgeDecision> {
  const ascii = parseHostname(hostname)
  if (!ascii.ok) return { facts: undefined, decision: no('hostname_invalid') }
  try {
    const known = edge.hostnames.get(ascii.value, presented.ok ? 'trust' : 'facts', ambient)
    const { facts, trust } = await known.catch(asAway)
    return {
      facts,
      trust,
      ascii: ascii.value,
      decision: await decide(edge, ascii.value, facts, trust, presented, ambient),
    }
  } catch (error) {
    if (!(error instanceof DatabaseAway)) throw error
    ambient.logError(error.cause)
    return { facts: undefined, decision: no('trust_unavailable') }
  }
}

/** The database did not answer; `cause` says why. decideClient catches it. */
class DatabaseAway extends Error {}

function asAway(cause: unknown): never {
  throw new DatabaseAway('the database is away', { cause })
}

/** A decision in plain data. */
export async function plainDecision({ decision }: EdgeDecision): Promise<ClientDecision> {
  if (!decision.accepted) return decision
  return { ...(await decision.leaf.verdict()), cached: decision.cached }
}

async function decide(
  edge: Edge,
  ascii: AsciiHostname,
  facts: HostnameFacts,
  trust: SharedTrust | undefined,
  presented: Result<PresentedChain, NoDecision>,
  ambient: DecisionAmbient,
): Promise<LeafDecision> {
  if (!facts.enabled) return no('hostname_not_enabled')
  if (!facts.hasCertificates) return no('hostname_without_certificates')
  if (!presented.ok) return { accepted: false, ...presented.error }
  if (trust === undefined) throw new Error('a hostname with certificates was loaded without them')
  return await decideLeaf(edge, ascii, facts, trust, presented.value, ambient)
}

/**
 * Decides on a leaf. A leaf that was accepted under the same trust and version, and whose time has not run out, is recognised by
 * its octets alone. Hostnames with the same records share what was accepted, unless they have identity rules: a version has one
 * list of rules for a hostname.
 */
async function decideLeaf(
  edge: Edge,
  ascii: AsciiHostname,
  facts: HostnameFacts,
  trust: SharedTrust,
  presented: PresentedChain,
  ambient: DecisionAmbient,
): Promise<LeafDecision> {
  const at = Math.floor(ambient.nowMs / 1_000)
  const scope = `${trust.serial} ${facts.version} `
  const key = `${scope}${facts.identities === undefined ? '' : ascii} ${presented.leaf.toBase64()}`
  const known = edge.leaves.get(key)
  if (known !== undefined && at <= known.until) return { accepted: true, leaf: known, cached: true }
  const outcome = await decidePath(presented, {
    trust,
    identities: facts.identities,
    revocable: facts.revocable,
    lookUp: (path) => knownRevocation(edge, facts, trust, scope, path, ambient),
    at,
    budget: ambient.budget,
  })
  if (!outcome.accepted) return await refusedPlainly(outcome)
  const leaf = await acceptedLeaf(outcome)
  edge.leaves.set(key, leaf, leaf.bytes + key.length)
  return { accepted: true, leaf, cached: false }
}

/**
 * Looks up the revocation of a path. The search asks only for paths that are valid otherwise, so a client without a certificate
 * of the hostname's CAs causes no query. Each path is asked for once under a version, by a key that a client cannot vary: a
 * revoked client causes no more queries than a good one.
 */
async function knownRevocation(
  edge: Edge,
  { accountId }: HostnameFacts,
  trust: SharedTrust,
  scope: string,
  path: readonly Certificate[],
  { onLoad }: DecisionAmbient,
): Promise<RevocationData> {
  const key = scope + (await Promise.all(path.map(({ der }) => sha256(der)))).join()
  const known = edge.revocation.get(key)
  if (known !== undefined) return known
  onLoad?.()
  const data = await edge.lookUp({ accountId, records: trust.records }, path).catch(asAway)
  edge.revocation.set(key, data, revocationBytes(data))
  return data
}

const MESSAGES = {
  hostname_invalid: 'the hostname is not a fully qualified domain name',
  hostname_not_enabled: 'the hostname is in no zone for which Access is enabled',
  hostname_without_certificates: 'no certificate is associated with the hostname',
  trust_unavailable: 'the trust store could not be read; until it can, every client is refused',
} as const

function no(code: keyof typeof MESSAGES): NotDecided {
  return { accepted: false, code, message: MESSAGES[code] }
}
