/** The Worker in which statements are timed in two databases: one with next to nothing in it, and one that has grown. */

import type { Database } from '../../../src/core/config.ts'
import type { Claim } from '../../../src/core/model.ts'
import { selectHostname } from '../../../src/edge/hostname-sql.ts'
import {
  type ChainLink,
  insertCertificate,
  withdrawCertificate,
} from '../../../src/registry/certificates/insert-sql.ts'
import { selectCertificates } from '../../../src/registry/certificates/reads-sql.ts'
import { updateCertificate } from '../../../src/registry/certificates/writes-sql.ts'
import { selectTrustAnchors } from '../../../src/registry/verify/sql.ts'
import type { Compared } from '../figure.ts'
import { type GrownAccount, type GrowthJob, inWords } from '../job.ts'
import { compareInRounds, type Once } from '../rounds.ts'

interface Bindings {
  readonly SMALL: D1Database
  readonly LARGE: D1Database
}

/** Certificates of a page, as the API has it. */
const PER_PAGE = 50
const LIMITS = { certificates: 1_000, bytes: 2_097_152 }
const LINK: ChainLink = {
  der: new Uint8Array(500),
  md5: '0'.repeat(32),
  sha256: '0'.repeat(64),
  serialNumber: '01',
  subject: 'CN=bench',
  issuer: 'CN=bench',
  notBefore: 0,
  notAfter: 1,
  publicKey: 'EC P-256',
  signatureAlgorithm: 'ecdsa-with-SHA256',
  selfIssued: true,
  nameKey: '0'.repeat(64),
  caKey: '0'.repeat(64),
  keySha256: '0'.repeat(64),
  isAnchor: true,
}

/** What is timed: of an account in a database. */
const OPERATIONS: Readonly<Record<string, (db: Database, account: GrownAccount) => Once>> = {
  'list, first page': (db, account) => list(db, account, 0),
  'list, last page': (db, account) => list(db, account, Math.max(0, account.certificates - PER_PAGE)),
  'POST, and taken back': (db, account) => async () => {
    const id = crypto.randomUUID()
    const contentSha256 = id.replaceAll('-', '').repeat(2)
    const certificate = { id, name: 'bench', contentSha256, chain: [LINK] } as const
    const hostname = { text: account.hostname, ascii: account.hostname }
    const { ok } = await insertCertificate(db, claimOf(account, 'write'), [hostname], certificate, LIMITS)
    if (!ok) throw new Error('a certificate was not added')
    await withdrawCertificate(db, claimOf(account, 'write'), id)
  },
  PUT: (db, account) => async () => {
    const change = { name: undefined, revision: crypto.randomUUID() }
    const hostname = { text: account.hostname, ascii: account.hostname }
    const claim = claimOf(account, 'write')
    const changed = await updateCertificate(db, claim, account.certificateId, [hostname], change, LIMITS)
    if (!(changed.ok && changed.value?.ok)) throw new Error('a certificate was not changed')
  },
  verify: (db, account) => async () => {
    const found = await selectTrustAnchors(db, claimOf(account, 'read'), account.hostname)
    if (!(found.ok && found.value.records.length === 1)) throw new Error('a hostname has one certificate')
  },
  trust:
    (db, { hostname }) =>
    async () => {
      const { records } = await selectHostname(db, { ascii: hostname, records: true, version: undefined, known: [] })
      if (records?.length !== 1) throw new Error('a hostname has one certificate')
    },
}

export default {
  async fetch(request: Request, { SMALL, LARGE }: Bindings): Promise<Response> {
    const job: GrowthJob = await request.json()
    const section = `growth to ${inWords(job.certificates, 'certificate', 'certificates')}`
    const compared: Compared[] = []
    for (const [name, operation] of Object.entries(OPERATIONS)) {
      const floor = { name: `account of ${job.small.certificates}, alone`, once: operation(SMALL, job.small) }
      const subjects = job.grown.map((account) => ({
        section,
        name: `${name}, account of ${account.certificates.toLocaleString('en')}`,
        once: operation(LARGE, account),
      }))
      compared.push(...(await compareInRounds({ floor, subjects }, job)))
    }
    return Response.json(compared)
  },
}

function list(db: Database, account: GrownAccount, offset: number): Once {
  return async () => {
    const page = await selectCertificates(db, claimOf(account, 'read'), offset, PER_PAGE)
    const expected = Math.min(PER_PAGE, account.certificates)
    if (!(page.ok && page.value.items.length === expected)) throw new Error(`a page has ${expected} certificates`)
  }
}

function claimOf({ accountId, secretSha256 }: GrownAccount, permission: Claim['permission']): Claim {
  return {
    credential: { kind: 'token', secretSha256 },
    scope: { kind: 'accounts', id: accountId },
    permission,
    now: Math.floor(Date.now() / 1_000),
  }
}
