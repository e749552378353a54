import { toHex } from '../../../src/core/bytes.ts'
import type { Edge } from '../../../src/edge/decision.ts'
import { newEdge } from '../../../src/edge/decision.ts'
import type { LoadedHostname } from '../../../src/edge/hostname-sql.ts'
import { decideRequest, type IncomingRequest } from '../../../src/gateway/decide.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { fromBase64 } from '../base64.ts'
import type { HandshakeInput, Observation } from '../wire.ts'
import { beyond, measured } from './work.ts'

/** Decides as the gateway does; what is registered comes from here and not from a database. */
export async function observeHandshake({ cf, hostname, anchor, at }: HandshakeInput): Promise<Observation> {
  const edge = edgeOf(anchor)
  const { result: admission, work } = await measured(() =>
    decideRequest({ cf } as IncomingRequest, hostname, edge, {
      allowUnprotected: false,
      nowMs: at * 1_000,
      waitUntil: () => undefined,
      logError: (cause) => {
        throw cause
      },
    }),
  )
  const problem = beyond('signatures', work.signatures, PATH_LIMITS.signatureChecks)
  if (!admission.pass) return { accepted: false, reason: admission.why.code, problem }
  const { certificateBase64 = '', sha256 = '' } = admission.identity ?? {}
  const digest = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', fromBase64(certificateBase64))))
  const lie = digest === sha256 ? undefined : 'the origin is told another digest'
  return { accepted: true, reason: 'let in', problem: problem ?? lie, facts: certificateBase64 }
}

function edgeOf(anchor: string): Edge {
  const certificate = { der: fromBase64(anchor), isAnchor: true }
  const loaded: LoadedHostname = {
    facts: {
      owned: true,
      enabled: true,
      accountId: '0'.repeat(32),
      mode: { mode: 'required' },
      everAssociated: true,
      forwarding: true,
      hasCertificates: true,
      revocable: false,
      version: '1',
    },
    records: [{ id: 'record', uncovered: 'allow', chain: [certificate] }],
  }
  const lookUp = () => Promise.reject(new Error('nothing is revocable'))
  return newEdge({ load: async () => loaded, lookUp }, 3_600)
}
