import type { Hex, UnixSeconds } from '../core/units.ts'
import { type Accepted, acceptedVerdict, type Certificate, sha256, type ValidPath } from '../x509/index.ts'
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
  /** Of its DER, lower-case hexadecimal. */
  readonly sha256: Hex
  /** Of the anchor's DER. */
  readonly anchorSha256: Hex
  readonly #valid: ValidPath
  #identity: ClientIdentity | undefined

  constructor(valid: ValidPath, { sha256, anchorSha256 }: Pick<AcceptedLeaf, 'sha256' | 'anchorSha256'>) {
    this.#valid = valid
    this.sha256 = sha256
    this.anchorSha256 = anchorSha256
    this.until = acceptedUntil(valid)
    this.bytes = LEAF_BYTES + certificateBytes(valid.path.map(({ certificate }) => certificate))
  }

  /** What the origin may be told of the client. Made once. */
  get identity(): ClientIdentity {
    this.#identity ??= identityOf(this.#valid, this.sha256)
    return this.#identity
  }

  /** The decision in plain data. */
  verdict(): Promise<Accepted> {
    return acceptedVerdict(this.#valid)
  }
}

/** The leaf of a valid path. */
export async function acceptedLeaf(valid: ValidPath): Promise<AcceptedLeaf> {
  const [leaf, anchor] = [valid.path[0]?.certificate, valid.path.at(-1)?.certificate]
  if (leaf === undefined || anchor === undefined) throw new Error('a path has no certificate')
  return new AcceptedLeaf(valid, { sha256: await sha256(leaf.der), anchorSha256: await anchorSha256(anchor) })
}

/** Of anchors, which serve many decisions, so that each costs one digest. */
const DIGESTS = new WeakMap<Certificate, Hex>()

async function anchorSha256(anchor: Certificate): Promise<Hex> {
  const digest = DIGESTS.get(anchor) ?? (await sha256(anchor.der))
  DIGESTS.set(anchor, digest)
  return digest
}

/** When the decision first changes by time alone: a certificate of the path expires, or a CRL that calls one good goes stale. */
function acceptedUntil({ path, revocation }: ValidPath): number {
  const expire = path.map(({ certificate }) => certificate.notAfter)
  const stale = revocation.flatMap(({ status, crl }) => (status === 'good' && crl ? [crl.nextUpdate] : []))
  return Math.min(...expire, ...stale)
}
