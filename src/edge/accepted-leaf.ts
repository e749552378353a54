import type { Hex, UnixSeconds } from '../core/units.ts'
import { type Accepted, acceptedVerdict, type ValidPath } from '../x509/index.ts'
import { certificateBytes } from './byte-cache.ts'
import { type ClientIdentity, identityOf } from './identity.ts'

/** Memory of an accepted leaf without its certificates, in bytes, measured in workerd. */
const LEAF_BYTES = 3_000

/** A leaf that is let in. It serves any number of requests until `until`. */
export class AcceptedLeaf {
  /** The last second in which it is let in without another decision, Unix seconds, UTC. */
  readonly until: UnixSeconds
  /** The most memory that it takes, in bytes. */
  readonly bytes: number
  readonly #valid: ValidPath
  readonly #sha256: Hex
  #identity: ClientIdentity | undefined

  /** @param sha256 of its DER, lower-case hexadecimal */
  constructor(valid: ValidPath, sha256: Hex) {
    this.#valid = valid
    this.#sha256 = sha256
    this.until = acceptedUntil(valid)
    this.bytes = LEAF_BYTES + certificateBytes(valid.path.map(({ certificate }) => certificate))
  }

  /** What the origin may be told of the client. Made once. */
  get identity(): ClientIdentity {
    this.#identity ??= identityOf(this.#valid, this.#sha256)
    return this.#identity
  }

  /** The decision in plain data. */
  verdict(): Promise<Accepted> {
    return acceptedVerdict(this.#valid)
  }
}

/** When the decision first changes by time alone: a certificate of the path expires, or a CRL that calls one good goes stale. */
function acceptedUntil({ path, revocation }: ValidPath): number {
  const expire = path.map(({ certificate }) => certificate.notAfter)
  const stale = revocation.flatMap(({ status, crl }) => (status === 'good' && crl ? [crl.nextUpdate] : []))
  return Math.min(...expire, ...stale)
}
