/** The Worker in which others decide on the same chain: what they take, and what of it they check, differs. */

import { X509Certificate } from 'node:crypto'
import { Certificate, CertificateChainValidationEngine } from 'pkijs'
import type { ClientChain, PeersJob } from '../job.ts'
import { compareInRounds, type Once } from '../rounds.ts'
import { bareSignatures } from './floors.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const job: PeersJob = await request.json()
    const section = 'peers: decision, nothing cached'
    const comparison = {
      floor: { name: 'its 2 signatures', once: bareSignatures(job.chain.signatures) },
      subjects: [
        { section, name: "P-256, 1 root, pkijs' engine", once: byPkijs(job.chain) },
        { section, name: 'P-256, 1 root, node:crypto, names and signatures', once: byNode(job.chain) },
      ],
    }
    return Response.json(await compareInRounds(comparison, job))
  },
}

/** RFC 5280 path validation, as pkijs has it. */
function byPkijs({ leaf, intermediates, root }: ClientChain): Once {
  const ders = [...intermediates, leaf].map((der) => Uint8Array.fromBase64(der))
  const rootDer = Uint8Array.fromBase64(root)
  return async () => {
    const certs = ders.map((der) => Certificate.fromBER(der.slice()))
    const trustedCerts = [Certificate.fromBER(rootDer.slice())]
    const { result } = await new CertificateChainValidationEngine({
      certs,
      trustedCerts,
      checkDate: new Date(),
    }).verify()
    if (!result) throw new Error('pkijs refuses the chain')
  }
}

/** What node:crypto offers: who names whom, and the signatures. It validates no paths. */
function byNode({ leaf, intermediates, root }: ClientChain): Once {
  const ders = [leaf, ...intermediates, root].map((der) => Uint8Array.fromBase64(der))
  return async () => {
    const certificates = ders.map((der) => new X509Certificate(der))
    for (const [index, certificate] of certificates.entries()) {
      const issuer = certificates[index + 1]
      if (issuer === undefined) continue
      if (!(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)))
        throw new Error('node refuses the chain')
    }
  }
}
