/**
 * The Worker in which decisions are timed: POST a job, get what was measured. It runs in workerd, because that is where
 * decisions are made. Nothing in here waits for anything but WebCrypto, so elapsed time is computing time.
 */

import { decideClient, type Edge, newEdge } from '../../../src/edge/decision.ts'
import { readHandshake } from '../../../src/edge/handshake.ts'
import type { LoadedHostname } from '../../../src/edge/hostname-sql.ts'
import type { IdentityRules } from '../../../src/edge/identity-rules.ts'
import { Budget } from '../../../src/x509/budget.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { verifyPath } from '../../../src/x509/path/verify.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import type { Compared } from '../figure.ts'
import { type ClientChain, type DecisionJob, inWords } from '../job.ts'
import { compareInRounds, type Once } from '../rounds.ts'
import { bareSignatures, leafAlone, repeatedSignature } from './floors.ts'
import { hostnameWith, IDENTITIES } from './hostname.ts'
import { tlsClientAuth } from './tls-client-auth.ts'

const HOSTNAME = 'admin.bench.example'
/** Seconds; nothing runs out while it is measured. */
const AGES = { maxAgeSeconds: 3_600, staleIfErrorSeconds: 0 }

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/rounds') return Response.json(await timeDecisions(await request.json()))
    // Asked of a new isolate: nothing may have been prepared before.
    const chain: ClientChain = await request.json()
    if (pathname === '/signatures') await bareSignatures(chain.signatures)()
    if (pathname === '/decision') await coldDecision(chain, [chain.root])()
    return new Response('done')
  },
}

async function timeDecisions(job: DecisionJob): Promise<readonly Compared[]> {
  const { chains, hostile, rootCounts, otherRoots } = job
  const [rsa, ec] = [chains['RSA-2048'], chains['P-256']]
  const withRules = (section: string, decision: typeof loadedDecision) => ({
    section,
    name: 'P-256, 1 root, 100 identity rules',
    once: decision(ec, [ec.root], IDENTITIES),
  })
  const forEachCount = (section: string, decision: typeof coldDecision) =>
    rootCounts.map((count) => ({
      section,
      name: `P-256, ${inWords(count, 'root', 'roots')}`,
      once: decision(ec, [...otherRoots.slice(0, count - 1), ec.root]),
    }))
  const checks = await signatureChecks(hostile)
  const cold = 'decision, nothing cached'
  const measured = [
    await compareInRounds(
      {
        floor: { name: 'its 2 signatures', once: bareSignatures(rsa.signatures) },
        subjects: [{ section: cold, name: 'RSA-2048, 1 root', once: coldDecision(rsa, [rsa.root]) }],
      },
      job,
    ),
    await compareInRounds(
      {
        floor: { name: 'its 2 signatures', once: bareSignatures(ec.signatures) },
        subjects: [
          ...forEachCount(cold, coldDecision),
          ...forEachCount('decision, roots cached', loadedDecision),
          withRules('decision, roots cached', loadedDecision),
        ],
      },
      job,
    ),
    await compareInRounds(
      {
        floor: { name: 'base64 and SHA-256 of the leaf', once: leafAlone(ec) },
        subjects: [
          ...forEachCount('decision, leaf cached', warmDecision),
          withRules('decision, leaf cached', warmDecision),
        ],
      },
      job,
    ),
    await compareInRounds(
      {
        floor: { name: `its ${checks} signatures`, once: repeatedSignature(hostile, checks) },
        subjects: [{ section: 'hostile chain', name: 'P-521, refused', once: refusedDecision(hostile, [rsa.root]) }],
      },
      job,
    ),
  ]
  return measured.flat()
}

/** Nothing is known: the roots are read, the path is built and verified. What D1 takes is measured elsewhere. */
function coldDecision(chain: ClientChain, roots: readonly string[]): Once {
  const hostname = hostnameWith(roots)
  return async () => expect(await decide(edgeWith(hostname), chain), 'new')
}

/** The hostname's trust is in memory, the leaf is new. */
function loadedDecision(chain: ClientChain, roots: readonly string[], identities?: IdentityRules): Once {
  const { hostnames } = edgeWith(hostnameWith(roots, identities))
  return async () => expect(await decide({ ...edgeWith(hostnameWith([])), hostnames }, chain), 'new')
}

/** The hostname's trust is in memory and, but for the first time, the leaf was accepted under it. */
function warmDecision(chain: ClientChain, roots: readonly string[], identities?: IdentityRules): Once {
  const edge = edgeWith(hostnameWith(roots, identities))
  let expected: Decided = 'new'
  return async () => {
    expect(await decide(edge, chain), expected)
    expected = 'cached'
  }
}

function refusedDecision(chain: ClientChain, roots: readonly string[]): Once {
  const edge = edgeWith(hostnameWith(roots))
  return async () => expect(await decide(edge, chain), 'refused')
}

/** How many signatures are checked before a hostile chain is refused. One that costs less than it could is none. */
async function signatureChecks({ leaf, intermediates, root }: ClientChain): Promise<number> {
  const budget = new Budget()
  const verdict = await verifyPath({
    leaf: Uint8Array.fromBase64(leaf),
    intermediates: intermediates.map((der) => Uint8Array.fromBase64(der)),
    trust: new TrustSet([{ id: 'root', certificate: Uint8Array.fromBase64(root) }]),
    at: Date.now() / 1_000,
    budget,
  })
  const { signatureChecks: checks } = budget.spent
  const code = verdict.accepted ? 'accepted' : verdict.fault.reason
  if (code !== 'limit_reached' && checks < PATH_LIMITS.signatureChecks) {
    throw new Error(`the hostile chain is ${code} after ${checks} signature checks`)
  }
  return checks
}

type Decided = 'new' | 'cached' | 'refused'

async function decide(edge: Edge, chain: ClientChain): Promise<Decided> {
  const ambient = { nowMs: Date.now(), waitUntil: () => undefined, logError: console.error }
  const { decision } = await decideClient(edge, HOSTNAME, readHandshake(tlsClientAuth(chain)), ambient)
  if (!decision.accepted) return 'refused'
  return decision.cached ? 'cached' : 'new'
}

function expect(actual: Decided, expected: Decided): void {
  if (actual !== expected) throw new Error(`a decision was ${actual}, not ${expected}: something else would be timed`)
}

function edgeWith(hostname: LoadedHostname): Edge {
  const lookUp = () => Promise.reject(new Error('nothing is revocable here'))
  return newEdge({ load: async () => hostname, lookUp }, AGES)
}
