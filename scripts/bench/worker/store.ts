/** The Worker in which look-ups in D1 are timed, against the least that D1 can be asked. They wait for D1. */

import { selectHostname } from '../../../src/edge/hostname-sql.ts'
import { type RevocationQuestion, selectRevocation } from '../../../src/edge/revocation-sql.ts'
import { caKeys } from '../../../src/x509/certificate/ca-keys.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { inWords, type StoreJob } from '../job.ts'
import { compareInRounds, type Once } from '../rounds.ts'

/** A serial number that no CRL here lists: they are all longer. */
const UNLISTED = '01'

export default {
  async fetch(request: Request, { DB }: { readonly DB: D1Database }): Promise<Response> {
    const job: StoreJob = await request.json()
    const trusts = job.trusts.map(({ hostname, roots }) => ({
      section: 'trust from D1',
      name: inWords(roots, 'root', 'roots'),
      once: lookUpTrust(DB, hostname, roots),
    }))
    const crls = job.crls.map(({ hostname, entries, listed }) => ({
      section: 'CRL look-up in D1',
      name: inWords(entries, 'entry', 'entries'),
      once: lookUpSerials(DB, hostname, listed),
    }))
    const comparison = { floor: { name: 'SELECT 1', once: selectOne(DB) }, subjects: [...trusts, ...crls] }
    return Response.json(await compareInRounds(comparison, job))
  },
}

function selectOne(db: D1Database): Once {
  return async () => {
    await db.prepare('SELECT 1 AS one').first()
  }
}

function lookUpTrust(db: D1Database, hostname: string, roots: number): Once {
  return async () => {
    const { records = [] } = await loadHostname(db, hostname)
    if (records.length !== roots) throw new Error(`${hostname} has ${records.length} roots, not ${roots}`)
  }
}

/** What a decision asks of a leaf and its issuer when their serial numbers are new. */
function lookUpSerials(db: D1Database, hostname: string, listed: string): Once {
  const question = questionOf(db, hostname, [listed, UNLISTED])
  return async () => {
    const { entries } = await selectRevocation(db, await question)
    const found = entries.map(({ serial }) => serial)
    if (found.join() !== listed) throw new Error(`the CRL of ${hostname} lists ${found.join()}, not ${listed}`)
  }
}

async function questionOf(db: D1Database, hostname: string, serials: readonly string[]): Promise<RevocationQuestion> {
  const { facts, records = [] } = await loadHostname(db, hostname)
  const ders = records.flatMap(({ chain = [] }) => chain.map(({ der }) => der))
  const cas = ders.map(readCertificate).flatMap((read) => (read.ok ? [read.value] : []))
  const issuerKeys = (await Promise.all(cas.map(caKeys))).map(({ nameKey }) => nameKey)
  return { accountId: facts.accountId, certificateIds: records.map(({ id }) => id), issuerKeys, serials }
}

function loadHostname(db: D1Database, ascii: string) {
  return selectHostname(db, { ascii, records: true, version: undefined, known: [] })
}
