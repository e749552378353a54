import type { Database } from '../../core/config.ts'
import { readCertificate, sha256 } from '../../x509/index.ts'
import { type LinkPlace, selectUnhashed, storeKeyHashes } from './key-hashes-sql.ts'

/** Certificates in a batch: 6 MB of them at most. */
const BATCH = 200
/** Batches of a run. Each takes two of the 50 queries that the free plan lets an invocation make. */
const MAX_BATCHES = 3

/**
 * Gives the certificates that were stored before migration 0018 the hash of their key, up to the limit of one run. One that cannot
 * be read any more keeps none. Where there is nothing to do, it is one query, whatever is stored.
 */
export async function fillKeyHashes(db: Database): Promise<void> {
  let last: LinkPlace | undefined = { certificateId: '', position: 0 }
  for (let batch = 0; batch < MAX_BATCHES && last !== undefined; batch += 1) {
    const links = await selectUnhashed(db, last, BATCH)
    const hashed = []
    for (const { der, ...place } of links) {
      const read = readCertificate(der)
      if (read.ok) hashed.push({ ...place, keySha256: await sha256(read.value.publicKey.der) })
    }
    if (hashed.length > 0) await storeKeyHashes(db, hashed)
    last = links.length < BATCH ? undefined : links.at(-1)
  }
}
