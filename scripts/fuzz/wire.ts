import type { Statement } from '../../src/store/statement.ts'

/** What workerd saw of one input. It crosses the process as JSON. */
export interface Observation {
  readonly accepted: boolean
  /** Why it was refused, or how it was accepted. */
  readonly reason: string
  /** What is wrong already; undefined where nothing is, as far as workerd can tell. */
  readonly problem?: string | undefined
  /** What the oracles in Node need. */
  readonly facts?: unknown
}

/** A batch for workerd. */
export interface Job {
  readonly target: string
  readonly inputs: readonly unknown[]
}

/** What certificates are compared by with OpenSSL. */
export interface CertificateFacts {
  /** base64 */
  readonly der: string
  /** As OpenSSL prints it. */
  readonly serialNumber: string
  /** Unix seconds, UTC. */
  readonly notBefore: number
  readonly notAfter: number
  /** The class of certificates on which readers are known to differ. */
  readonly known: string | undefined
}

/** A client's certificates and the registered ones, base64 of DER, and a time in Unix seconds. */
export interface PathInput {
  readonly leaf: string
  readonly intermediates: readonly string[]
  readonly anchors: readonly string[]
  readonly at: number
}

/** What OpenSSL is told of an accepted path: the SHA-256 of its certificates, from the leaf up. */
export interface PathFacts {
  readonly path: readonly string[]
}

/** A CRL and the certificates of CAs, base64 of DER, and a time in Unix seconds. */
export interface CrlInput {
  readonly crl: string
  readonly cas: readonly string[]
  readonly at: number
}

/** A request whose `cf` has a tlsClientAuth of any shape, and the CA that is registered for the hostname, base64 of DER. */
export interface HandshakeInput {
  readonly cf: unknown
  readonly hostname: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly anchor: string
  /** Unix seconds. */
  readonly at: number
}

/** What a database begins with. */
export interface Scene {
  readonly statements: readonly Statement[]
  /** Requests that must succeed. */
  readonly requests: readonly {
    readonly method: string
    readonly path: string
    readonly token: string
    readonly body: string
  }[]
  /** Unix seconds, UTC. */
  readonly now: number
}
