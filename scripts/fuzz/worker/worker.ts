/**
 * The Worker that gives inputs to the program: POST a job, get an observation of each input. It runs in workerd, because that is
 * where the program runs: Node's WebCrypto takes other algorithms, and its URL parser is another one.
 */

import type { Job, Observation } from '../wire.ts'
import { observeCertificate } from './certificate.ts'
import { observeCrl } from './crl.ts'
import { observeHandshake } from './handshake.ts'
import { observePath } from './path.ts'
import { observeHostname, observeRfc9440, observeUpload, observeXfcc } from './texts.ts'

type Observe = (input: never) => Promise<Observation> | Observation

const OBSERVERS: Readonly<Record<string, Observe>> = {
  pem: observeUpload,
  certificate: observeCertificate,
  crl: observeCrl,
  hostname: observeHostname,
  rfc9440: observeRfc9440,
  xfcc: observeXfcc,
  'tls-client-auth': observeHandshake,
  path: observePath,
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { target, inputs } = await request.json<Job>()
    const observe = OBSERVERS[target]
    if (observe === undefined) return new Response(`no target ${target}`, { status: 404 })
    const seen: Observation[] = []
    for (const input of inputs) seen.push(await observed(observe, input))
    return Response.json(seen)
  },
}

/** What is thrown is a finding. */
async function observed(observe: Observe, input: unknown): Promise<Observation> {
  try {
    return await observe(input as never)
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { accepted: false, reason: 'thrown', problem: `uncaught: ${stack}` }
  }
}
