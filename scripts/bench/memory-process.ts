/**
 * The process in which the edge's cache is filled and its heap is weighed: `node --expose-gc`, as workerd does not tell. Reads the
 * roots (base64 of their DER, a JSON array) from standard input, and prints what was weighed.
 */

import { text } from 'node:stream/consumers'
import type { LoadedRecord } from '../../src/edge/hostname-sql.ts'
import { TrustCache } from '../../src/edge/trust-cache.ts'
import { readCertificate } from '../../src/x509/certificate/certificate.ts'
import { nameKey } from '../../src/x509/certificate/name-key.ts'
import type { Weighed } from './memory.ts'
import { FACTS } from './worker/hostname.ts'

const HOSTNAMES = 1_000
const NOW_MS = 0
const MAX_AGE_SECONDS = 300

const roots: readonly string[] = JSON.parse(await text(process.stdin))
const subjects = roots.map(subjectKeyOf)
const shared = await weigh(() => '')
const own = await weigh((hostname) => hostname)
console.log(JSON.stringify([shared, own]))

/** Fills a cache with hostnames, each with all roots, and reads every one of them. `owner` tells the records of hostnames apart. */
async function weigh(owner: (hostname: string) => string): Promise<Weighed> {
  const before = heapBytes()
  const load = async ({ ascii, known }: { readonly ascii: string; readonly known: readonly string[] }) => {
    const records = roots.map((root, i): LoadedRecord => {
      const id = `${owner(ascii)} ${i}`
      // What is known is not sent again.
      const chain = known.includes(id)
        ? undefined
        : [{ der: new Uint8Array(Buffer.from(root, 'base64')), isAnchor: true }]
      return { id, uncovered: 'allow', chain }
    })
    return { facts: FACTS, records }
  }
  const cache = new TrustCache(load, { maxAgeSeconds: MAX_AGE_SECONDS, staleIfErrorSeconds: 0 })
  const ambient = { nowMs: NOW_MS, waitUntil: () => undefined }
  for (let i = 0; i < HOSTNAMES; i += 1) {
    const { trust } = await cache.get(`h${i}.bench.example`, 'trust', ambient)
    for (const subject of subjects)
      if (trust?.set.anchorsNamed(subject).length !== 1) throw new Error('a root is not there')
  }
  return { heapBytes: heapBytes() - before, countedBytes: cache.bytes }
}

function subjectKeyOf(root: string): string {
  const read = readCertificate(new Uint8Array(Buffer.from(root, 'base64')))
  if (!read.ok) throw new Error('a root cannot be read')
  return nameKey(read.value.subject)
}

/** What is in use after all garbage is gone. */
function heapBytes(): number {
  if (gc === undefined) throw new Error('run it with --expose-gc')
  gc()
  gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
