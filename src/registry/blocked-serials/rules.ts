import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { type Page, type PageRequest, windowOf } from '../../web/page.ts'
import { recordRefusal } from '../record.ts'
import type { Refusal } from '../refusal.ts'
import { mayBeDecimal, negativeTwin, parseSerial } from './serial-number.ts'
import { type BlockedSerialRecord, deleteBlockedSerial, insertBlockedSerial, selectBlockedSerials } from './sql.ts'

/** A serial number that is refused below a record's CAs, whatever a CRL says. */
export type BlockedSerial = BlockedSerialRecord

/** Lists a record's blocked serials. A page past the end is empty (contract 2). */
export async function listBlockedSerials(
  db: Database,
  claim: Claim,
  certificateId: string,
  request: Result<PageRequest, Refusal>,
): Promise<Result<Page<BlockedSerial>, Refusal>> {
  const { offset, limit } = windowOf(request)
  const outcome = await selectBlockedSerials(db, claim, certificateId, offset, limit)
  const refusal = recordRefusal(outcome, claim)
  if (refusal !== undefined) return fail(refusal)
  return mapOk(request, (page) => ({ ...page, items: outcome.serials, total: outcome.total }))
}

/** A serial number that was blocked. */
export interface AddedBlock {
  readonly block: BlockedSerial
  /** The text that was read as hexadecimal, where it may have been meant as decimal and the number is not known here. */
  readonly perhapsDecimal: string | undefined
}

/** Blocks a serial number (`parseSerial`). Doing so again changes nothing. */
export async function blockSerial(
  db: Database,
  claim: Claim,
  certificateId: string,
  text: string,
): Promise<Result<AddedBlock, Refusal>> {
  const serial = parseSerial(text)
  const askKnown = serial.ok && mayBeDecimal(text)
  const change = serial.ok ? { serials: withTwin(serial.value), askKnown } : undefined
  const outcome = await insertBlockedSerial(db, claim, certificateId, change)
  const refusal = recordRefusal(outcome, claim)
  if (refusal !== undefined) return fail(refusal)
  if (!serial.ok) return serial
  if (outcome.blockedAt === undefined && outcome.lack !== undefined)
    return fail({ reason: 'quota_reached', ...outcome.lack })
  if (outcome.blockedAt === undefined) throw new Error('nothing stood against the block, yet it was not stored')
  const block = { serial: serial.value, blockedAt: outcome.blockedAt }
  return ok({ block, perhapsDecimal: outcome.known === false ? text.trim() : undefined })
}

/** Takes a block away. Returns the serial number. */
export async function unblockSerial(
  db: Database,
  claim: Claim,
  certificateId: string,
  text: string,
): Promise<Result<string, Refusal>> {
  const serial = parseSerial(text)
  const outcome = await deleteBlockedSerial(db, claim, certificateId, serial.ok ? withTwin(serial.value) : [])
  const refusal = recordRefusal(outcome, claim)
  if (refusal !== undefined) return fail(refusal)
  if (!serial.ok) return serial
  return outcome.removed === undefined ? fail({ reason: 'serial_not_blocked' }) : ok(outcome.removed)
}

/** What only keeps someone out is read liberally: digits that may be those of a negative number block that one as well. */
function withTwin(serial: string): readonly [string, ...string[]] {
  const twin = negativeTwin(serial)
  return twin === undefined ? [serial] : [serial, twin]
}
