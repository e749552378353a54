import { isDeepStrictEqual } from 'node:util'
import { chainFor, outcomeOf, type Situation, someRecord, type Write } from './situation.ts'
import { NO_POLICY, type RecordState, withRecord } from './state.ts'

/** Records that one writer has at most: all of them are compared after each kill. */
const MAX_RECORDS = 6

/** POST, PUT and DELETE of certificates, and how often each is chosen. */
export const certificateWrites = {
  'add certificate': [14, addCertificate],
  'update certificate': [16, updateCertificate],
  'delete certificate': [9, deleteCertificate],
} as const

async function addCertificate(situation: Situation): Promise<Write | undefined> {
  const { state, paths, next } = situation
  if (Object.keys(state.records).length >= MAX_RECORDS) return undefined
  const [key, chain] = await chainFor(situation)
  const name = `record ${next()}`
  const hostnames = someHostnames(situation)
  const record: RecordState = {
    id: '',
    name,
    hostnames,
    chain: chain.sha256,
    crl: null,
    blocked: [],
    policy: NO_POLICY,
  }
  return {
    kind: 'add certificate',
    method: 'POST',
    path: paths.certificates,
    body: JSON.stringify({ name, certificate: chain.pem, associated_hostnames: hostnames }),
    outcomes: [outcomeOf(withRecord(state, key, record), 'add_certificate', key)],
  }
}

function updateCertificate(situation: Situation): Write | undefined {
  const { state, paths, next, random } = situation
  const [key, record] = someRecord(situation) ?? []
  if (key === undefined || record === undefined) return undefined
  // A record without hostnames can be deleted.
  const hostnames = random.chance(0.4) ? [] : someHostnames(situation)
  const name = random.chance(0.5) ? `record ${next()}` : record.name
  // What is there already leaves no change.
  if (name === record.name && isDeepStrictEqual(hostnames, record.hostnames)) return undefined
  return {
    kind: 'update certificate',
    method: 'PUT',
    path: `${paths.certificates}/${record.id}`,
    body: JSON.stringify({ ...(name !== record.name && { name }), associated_hostnames: hostnames }),
    outcomes: [outcomeOf(withRecord(state, key, { ...record, name, hostnames }), 'update_certificate', key)],
    undo: [outcomeOf(state, 'update_certificate', key, true)],
  }
}

function deleteCertificate(situation: Situation): Write | undefined {
  const { state, paths } = situation
  const [key, record] = someRecord(situation, ({ hostnames }) => hostnames.length === 0) ?? []
  if (key === undefined || record === undefined) return undefined
  const restored = (crl: RecordState['crl']) =>
    outcomeOf(withRecord(state, key, { ...record, crl }), 'add_certificate', key, true)
  return {
    kind: 'delete certificate',
    method: 'DELETE',
    path: `${paths.certificates}/${record.id}`,
    outcomes: [outcomeOf(withRecord(state, key, undefined), 'delete_certificate', key)],
    // CRLs that were deleted are kept for a while only (src/registry/crls/deleted-sql.ts).
    undo: record.crl === null ? [restored(null)] : [restored(record.crl), restored(null)],
  }
}

/** Up to five of them, in any order. */
function someHostnames({ random, domain }: Situation): readonly string[] {
  const all = Array.from({ length: 8 }, (_, i) => `h${i}.${domain}`)
  const chosen = Array.from({ length: random.below(6) }, () => random.pick(all) ?? '')
  return [...new Set(chosen)]
}
