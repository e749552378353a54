import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { CertificateId, Hex } from '../../core/units.ts'
import { orNotFound } from '../../store/record-target.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import type { Refusal } from '../refusal.ts'
import { mayBeDecimal, negativeTwin, parseSerial } from './serial-number.ts'
import { type BlockedSerialRecord, deleteBlockedSerial, insertBlockedSerial, selectBlockedSerials } from './sql.ts'

/** Lists a record's blocked serials. A page past the end is empty (contract 2). */
export async function listBlockedSerials(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  asked: AskedPage,
): Promise<Result<Page<BlockedSerialRecord>, Refusal | HttpRefusal>> {
  const { offset, limit } = windowOf(asked)
  const listed = orNotFound(await selectBlockedSerials(db, claim, certificateId, offset, limit))
  return listed.ok ? mapOk(asked, (page) => ({ ...page, ...listed.value })) : listed
}

/** A serial number that was blocked. */
export interface AddedBlock {
  readonly block: BlockedSerialRecord
  /** The text, where it was read as hexadecimal, may be meant as decimal, and is not the number of a known certificate. */
  readonly perhapsDecimal: string | undefined
}

/** Blocks a serial number (`parseSerial`). Blocking it again changes nothing. */
export async function blockSerial(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  text: string,
): Promise<Result<AddedBlock, Refusal>> {
  const serial = parseSerial(text)
  const askKnown = serial.ok && mayBeDecimal(text)
  const change = serial.ok ? { serials: withTwin(serial.value), askKnown } : undefined
  const outcome = orNotFound(await insertBlockedSerial(db, claim, certificateId, change))
  if (!outcome.ok) return outcome
  if (!serial.ok) return serial
  if (!outcome.value.ok) return fail({ reason: 'quota_reached', ...outcome.value.error })
  const { blockedAt, known } = outcome.value.value
  return ok({ block: { serial: serial.value, blockedAt }, perhapsDecimal: known === false ? text.trim() : undefined })
}

/** Unblocks a serial number, and returns it. */
export async function unblockSerial(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  text: string,
): Promise<Result<string, Refusal>> {
  const serial = parseSerial(text)
  const serials = serial.ok ? withTwin(serial.value) : []
  const outcome = orNotFound(await deleteBlockedSerial(db, claim, certificateId, serials))
  if (!outcome.ok) return outcome
  if (!serial.ok) return serial
  const { removed } = outcome.value
  return removed === undefined ? fail({ reason: 'serial_not_blocked' }) : ok(removed)
}

/** The serial number, and its negative twin: what only keeps someone out is read liberally, and the text may stand for either. */
function withTwin(serial: Hex): readonly [string, ...string[]] {
  const twin = negativeTwin(serial)
  return twin === undefined ? [serial] : [serial, twin]
}
