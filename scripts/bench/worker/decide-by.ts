/** How others decide on a chain: what they take, and what of it they check, differs. Each reads the certificates anew. */

import { X509Certificate } from 'node:crypto'
import { Certificate, CertificateChainValidationEngine } from 'pkijs'
import type { ClientChain } from '../job.ts'

type Octets = Uint8Array<ArrayBuffer>
type Decide = () => Promise<boolean>

/** What is used of `@peculiar/x509`, which is no dependency of the project. */
export interface PeculiarX509 {
  readonly X509Certificate: new (der: Octets) => PeculiarCertificate
  readonly X509ChainBuilder: new (given: {
    certificates: PeculiarCertificate[]
  }) => {
    build(leaf: PeculiarCertificate): Promise<readonly PeculiarCertificate[]>
  }
}

interface PeculiarCertificate {
  equal(other: PeculiarCertificate): boolean
  verify(by: { publicKey: PeculiarCertificate; date: Date }): Promise<boolean>
}

/** RFC 5280 path validation, as pkijs has it. */
export function byPkijs({ leaf, intermediates, root }: ClientChain): Decide {
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
    return result
  }
}

/** What node:crypto offers: who names whom, and the signatures. It validates no paths. */
export function byNode({ leaf, intermediates, root }: ClientChain): Decide {
  const ders = [leaf, ...intermediates, root].map((der) => Uint8Array.fromBase64(der))
  return async () => {
    const certificates = ders.map((der) => new X509Certificate(der))
    return certificates.slice(0, -1).every((certificate, i) => {
      const issuer = certificates[i + 1]
      return issuer !== undefined && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
    })
  }
}

/**
 * What @peculiar/x509 offers. Its builder finds issuers by name, key identifier and signature, the root's own included; `verify`
 * checks each date, and the signature again. Neither looks at basicConstraints, keyUsage or any other extension.
 */
export function byPeculiar(
  { X509Certificate, X509ChainBuilder }: PeculiarX509,
  { leaf, intermediates, root }: ClientChain,
): Decide {
  const ders = [leaf, ...intermediates].map((der) => Uint8Array.fromBase64(der))
  const rootDer = Uint8Array.fromBase64(root)
  return async () => {
    const [first, ...others] = ders.map((der) => new X509Certificate(der))
    const trusted = new X509Certificate(rootDer)
    if (first === undefined) return false
    const chain = await new X509ChainBuilder({ certificates: [...others, trusted] }).build(first)
    const date = new Date()
    for (const [i, certificate] of chain.entries()) {
      if (!(await certificate.verify({ publicKey: chain[i + 1] ?? trusted, date }))) return false
    }
    return chain.at(-1)?.equal(trusted) ?? false
  }
}
