/**
 * The Worker that judges conformance cases: POST a list of cases, get a list of judgements. It runs in workerd, because
 * that is where the verifier runs: Node's WebCrypto accepts other algorithms.
 */

import { ANY_EXTENDED_KEY_USAGE, type Purpose } from '../../src/x509/path/purpose.ts'
import { TrustSet } from '../../src/x509/path/trust-set.ts'
import { verdictOf } from '../../src/x509/path/verdict.ts'
import { type PathRequest, verifyPath } from '../../src/x509/path/verify.ts'
import { decodePem } from '../../src/x509/text/index.ts'
import type { ConformanceCase, Judgement } from './case.ts'
import { type CaseCrls, leftOpen, readCaseCrls } from './crls.ts'
import { hasPeerName } from './peer-name.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const cases = (await request.json()) as readonly ConformanceCase[]
    const judgements: Judgement[] = []
    for (const conformanceCase of cases) judgements.push(await judge(conformanceCase))
    return Response.json(judgements)
  },
}

async function judge(given: ConformanceCase): Promise<Judgement> {
  const { id } = given
  const certificates = { trusted: given.trusted_certs.map(der), others: given.untrusted_intermediates.map(der) }
  const at = (given.validation_time == null ? Date.now() : Date.parse(given.validation_time)) / 1000
  const crls = given.crls?.length ? await readCaseCrls(given.crls, certificates, at) : undefined
  const verdict = await verdictOf(await verifyPath(pathRequest(given, at, crls)))
  if (!verdict.accepted) {
    const { code, message } = verdict
    return { id, actual: 'FAILURE', code, because: `${code}: ${message}` }
  }
  const all = [der(given.peer_certificate), ...certificates.trusted, ...certificates.others]
  const issuer = crls && (await leftOpen(verdict, all, crls, isRevocationRequired(given)))
  if (issuer !== undefined) {
    const why = crls?.problems.join('; ') || 'out of scope'
    return { id, actual: 'FAILURE', because: `no CRL of ${issuer} that can be used (${why})` }
  }
  const { expected_peer_name: name } = given
  if (given.validation_kind === 'SERVER' && name != null && !hasPeerName(der(given.peer_certificate), name)) {
    return { id, actual: 'FAILURE', because: `the certificate does not name ${name.value}` }
  }
  const because = verdict.path.map(({ role, subject }) => `${role} ${subject}`).join(' < ')
  return { id, actual: 'SUCCESS', because, path: verdict.path.map(({ sha256 }) => sha256) }
}

/** @param at Unix seconds, UTC */
function pathRequest(given: ConformanceCase, at: number, crls: CaseCrls | undefined): PathRequest {
  const uncovered = isRevocationRequired(given) ? 'refuse' : 'allow'
  return {
    leaf: der(given.peer_certificate),
    intermediates: given.untrusted_intermediates.map(der),
    trust: new TrustSet(
      given.trusted_certs.map((pem, i) => ({ id: `trusted ${i + 1}`, certificate: der(pem), uncovered })),
    ),
    at,
    purpose: purpose(given),
    ...(crls && { revocation: async () => crls.revocation }),
    ...(given.max_chain_depth != null && { maxPathLength: given.max_chain_depth }),
  }
}

function isRevocationRequired({ features = [] }: ConformanceCase): boolean {
  return features.includes('revocation-required')
}

/** The octets of a PEM; none where it is not one, so that the verifier says so. */
function der(pem: string): Uint8Array {
  const blocks = decodePem(pem)
  return (blocks.ok ? blocks.value[0] : undefined) ?? new Uint8Array()
}

/** RFC 5280 4.2.1.12, with the key usages named there as consistent with each purpose. */
const PURPOSES: Readonly<Record<string, { readonly oid: string; readonly keyUsage: Purpose['keyUsage'] }>> = {
  anyExtendedKeyUsage: { oid: ANY_EXTENDED_KEY_USAGE, keyUsage: [] },
  serverAuth: { oid: '1.3.6.1.5.5.7.3.1', keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'] },
  clientAuth: { oid: '1.3.6.1.5.5.7.3.2', keyUsage: ['digitalSignature'] },
  codeSigning: { oid: '1.3.6.1.5.5.7.3.3', keyUsage: ['digitalSignature'] },
  emailProtection: {
    oid: '1.3.6.1.5.5.7.3.4',
    keyUsage: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'keyAgreement'],
  },
  timeStamping: { oid: '1.3.6.1.5.5.7.3.8', keyUsage: ['digitalSignature', 'nonRepudiation'] },
  OCSPSigning: { oid: '1.3.6.1.5.5.7.3.9', keyUsage: ['digitalSignature', 'nonRepudiation'] },
}

/** The schema's names of key usages where RFC 5280 4.2.1.3 has others. */
const KEY_USAGE_NAMES: Readonly<Record<string, Purpose['keyUsage'][number]>> = {
  contentCommitment: 'nonRepudiation',
  encipher_only: 'encipherOnly',
  decipher_only: 'decipherOnly',
}

/** A purpose for a case's lists: every extended key usage is asked for; an empty list asks for nothing. */
function purpose({ extended_key_usage: names, key_usage: usages }: ConformanceCase): Purpose {
  const asked = names.filter((name) => name !== 'anyExtendedKeyUsage')
  const keyUsage = usages.map((name) => KEY_USAGE_NAMES[name] ?? (name as Purpose['keyUsage'][number]))
  return {
    name: asked.join(' and ') || 'any purpose',
    extKeyUsage: asked.map((name) => PURPOSES[name]?.oid ?? name),
    keyUsage: keyUsage.length > 0 ? keyUsage : (PURPOSES[asked[0] ?? '']?.keyUsage ?? []),
  }
}
