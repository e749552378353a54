import { rfc3339 } from '../../src/core/rfc3339.ts'
import { newCrl, sha256Of } from './pki.ts'
import { certificateWrites } from './record-writes.ts'
import { outcomeOf, type Situation, someRecord, type Write } from './situation.ts'
import { NO_POLICY, withEntry, withRecord } from './state.ts'

type Maker = (situation: Situation) => Promise<Write | undefined> | Write | undefined

/** Entries of a small CRL at most, and of those that take two and three batches (src/registry/crls/upload-sql.ts). */
const FEW = 60
const TWO_BATCHES = 12_000
const THREE_BATCHES = 24_000

/** The kinds of writes, and how often each is chosen beside the others. */
const MAKERS: Readonly<Record<string, readonly [weight: number, make: Maker]>> = {
  ...certificateWrites,
  'upload CRL': [8, (situation) => uploadCrl(situation, 1 + situation.random.below(FEW))],
  'upload CRL, two batches': [2, (situation) => uploadCrl(situation, TWO_BATCHES)],
  'upload CRL, three batches': [1, (situation) => uploadCrl(situation, THREE_BATCHES)],
  'delete CRLs': [5, deleteCrls],
  'block serial': [8, blockSerial],
  'unblock serial': [5, unblockSerial],
  'put policy': [6, putPolicy],
  'put mode': [9, putMode],
  'put settings': [9, putSettings],
}

/** Plans a write of any kind that is possible now. */
export async function planWrite(situation: Situation): Promise<Write> {
  const lots = Object.values(MAKERS).flatMap(([weight, make]) => Array.from({ length: weight }, () => make))
  for (;;) {
    const write = await situation.random.pick(lots)?.(situation)
    if (write !== undefined) return write
  }
}

async function uploadCrl(situation: Situation, entries: number): Promise<Write | undefined> {
  const [key, record] = someRecord(situation) ?? []
  const chain = key === undefined ? undefined : situation.chains.get(key)
  if (key === undefined || record === undefined || chain === undefined) return undefined
  const number = situation.next()
  const body = new Uint8Array(await newCrl(chain, number, entries, situation.now))
  const crl = { number: number.toString(16), entries, sha256: sha256Of(body) }
  return {
    kind: entries > FEW ? 'upload CRL, several batches' : 'upload CRL',
    method: 'PUT',
    path: `${situation.paths.edge}/certificates/${record.id}/crl`,
    body,
    outcomes: [outcomeOf(withRecord(situation.state, key, { ...record, crl }), 'upload_crls', key)],
  }
}

function deleteCrls(situation: Situation): Write | undefined {
  const [key, record] = someRecord(situation, ({ crl }) => crl !== null) ?? []
  if (key === undefined || record === undefined) return undefined
  return {
    kind: 'delete CRLs',
    method: 'DELETE',
    path: `${situation.paths.edge}/certificates/${record.id}/crl`,
    outcomes: [outcomeOf(withRecord(situation.state, key, { ...record, crl: null }), 'delete_crls', key)],
    undo: [outcomeOf(situation.state, 'restore_crls', key, true)],
  }
}

function blockSerial(situation: Situation): Write | undefined {
  const [key, record] = someRecord(situation) ?? []
  if (key === undefined || record === undefined) return undefined
  // Two octets, positive.
  const serial = (0x0100 + situation.random.below(0x7e00)).toString(16).padStart(4, '0')
  if (record.blocked.includes(serial)) return undefined
  const blocked = [...record.blocked, serial].sort()
  return {
    kind: 'block serial',
    method: 'PUT',
    path: `${situation.paths.edge}/certificates/${record.id}/blocked_serials/0x${serial}`,
    outcomes: [outcomeOf(withRecord(situation.state, key, { ...record, blocked }), 'block_serial', key)],
  }
}

function unblockSerial(situation: Situation): Write | undefined {
  const [key, record] = someRecord(situation, ({ blocked }) => blocked.length > 0) ?? []
  const serial = situation.random.pick(record?.blocked ?? [])
  if (key === undefined || record === undefined || serial === undefined) return undefined
  const blocked = record.blocked.filter((one) => one !== serial)
  return {
    kind: 'unblock serial',
    method: 'DELETE',
    path: `${situation.paths.edge}/certificates/${record.id}/blocked_serials/0x${serial}`,
    outcomes: [outcomeOf(withRecord(situation.state, key, { ...record, blocked }), 'unblock_serial', key)],
    undo: [outcomeOf(situation.state, 'block_serial', key, true)],
  }
}

function putPolicy(situation: Situation): Write | undefined {
  const [key, record] = someRecord(situation) ?? []
  if (key === undefined || record === undefined) return undefined
  const [stale, uncovered] =
    situation.random.pick(['soft, allow', 'soft, refuse', 'hard, refuse', NO_POLICY])?.split(', ') ?? []
  const policy = `${stale}, ${uncovered}`
  if (policy === record.policy) return undefined
  return {
    kind: 'put policy',
    method: 'PUT',
    path: `${situation.paths.edge}/certificates/${record.id}/revocation`,
    body: JSON.stringify({ stale_policy: stale, uncovered }),
    outcomes: [outcomeOf(withRecord(situation.state, key, { ...record, policy }), 'put_revocation_policy', key)],
    undo: [outcomeOf(situation.state, 'put_revocation_policy', key, true)],
  }
}

function putMode({ random, state, paths, domain, now }: Situation): Write | undefined {
  // What has no certificates can be open.
  const isOpen = random.chance(0.3)
  const hostname = isOpen ? `o${random.below(4)}.${domain}` : `h${random.below(8)}.${domain}`
  const until = now + 86_400 + random.below(1_000_000)
  const shown = isOpen ? 'open' : `report until ${until}`
  const isOff = state.modes[hostname] !== undefined && random.chance(0.5)
  if (!isOff && state.modes[hostname] === shown) return undefined
  const body = isOff ? { mode: 'required' } : isOpen ? { mode: 'open' } : { mode: 'report', until: rfc3339(until) }
  const after = { ...state, modes: withEntry(state.modes, hostname, isOff ? undefined : shown) }
  return {
    kind: 'put mode',
    method: 'PUT',
    path: `${paths.edge}/hostnames/${hostname}`,
    body: JSON.stringify(body),
    outcomes: [outcomeOf(after, 'put_mode', null)],
    undo: [outcomeOf(state, 'put_mode', null, true)],
  }
}

function putSettings({ random, state, paths, domain }: Situation): Write | undefined {
  const numbers = new Set(Array.from({ length: 1 + random.below(3) }, () => random.below(9)))
  // The China network is not available to zones here.
  const flags = [...numbers].map((i) => ({
    hostname: `h${i}.${domain}`,
    china_network: false,
    client_certificate_forwarding: random.chance(0.6),
  }))
  let settings = state.settings
  for (const { hostname, client_certificate_forwarding: isOn } of flags) {
    settings = withEntry(settings, hostname, isOn ? 'forwarding' : undefined)
  }
  // What changes nothing is no change.
  if (flags.every(({ hostname }) => settings[hostname] === state.settings[hostname])) return undefined
  return {
    kind: 'put settings',
    method: 'PUT',
    path: `${paths.certificates}/settings`,
    body: JSON.stringify({ settings: flags }),
    outcomes: [outcomeOf({ ...state, settings }, 'put_settings', null)],
    undo: [outcomeOf(state, 'put_settings', null, true)],
  }
}
