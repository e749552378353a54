import type { Database } from '../../core/config.ts'
import type { Claim, QuotaLack } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { CertificateId, Hex } from '../../core/units.ts'
import { type OfRecord, orNotFound } from '../../store/record-target.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import type { Act } from '../impact/assess.ts'
import type { Refusal } from '../refusal.ts'
import { mayBeDecimal, negativeTwin, parseSerial } from './serial-number.ts'
import {
  type Block,
  type BlockedSerialRecord,
  deleteBlockedSerial,
  insertBlockedSerial,
  type SerialChange,
  selectBlockedSerials,
  tryBlock,
  tryUnblock,
} from './sql.ts'

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
  return mapOk(await block(insertBlockedSerial, db, claim, certificateId, text), ({ added }) => added)
}

/** What blockSerial would answer, and what it would change for clients. Nothing is blocked. */
export async function tryBlocking(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  text: string,
): Promise<Result<AddedBlock & { readonly act: Act }, Refusal>> {
  return mapOk(await block(tryBlock, db, claim, certificateId, text), ({ added, serials, outcome: { hostnames } }) => ({
    ...added,
    act: {
      hostnames,
      change: ({ facts, ...ground }) => ({ ...ground, facts: { ...facts, revocable: true } }),
      revoke: ({ blocked, ...rows }) => {
        const more = serials.map((serial) => ({ certificateId, serial, blockedAt: added.block.blockedAt }))
        return { ...rows, blocked: [...blocked, ...more] }
      },
    },
  }))
}

interface Blocked<T> {
  readonly added: AddedBlock
  readonly serials: readonly string[]
  readonly outcome: T
}

async function block<T extends Block>(
  by: (
    db: Database,
    claim: Claim,
    certificateId: CertificateId,
    change: SerialChange | undefined,
  ) => Promise<OfRecord<Result<T, QuotaLack>>>,
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  text: string,
): Promise<Result<Blocked<T>, Refusal>> {
  const serial = parseSerial(text)
  const askKnown = serial.ok && mayBeDecimal(text)
  const change = serial.ok ? { serials: withTwin(serial.value), askKnown } : undefined
  const outcome = orNotFound(await by(db, claim, certificateId, change))
  if (!outcome.ok) return outcome
  if (!serial.ok) return serial
  if (!outcome.value.ok) return fail({ reason: 'quota_reached', ...outcome.value.error })
  const { blockedAt, known } = outcome.value.value
  const perhapsDecimal = known === false ? text.trim() : undefined
  const added: AddedBlock = { block: { serial: serial.value, blockedAt }, perhapsDecimal }
  return ok({ added, serials: withTwin(serial.value), outcome: outcome.value.value })
}

/** Unblocks a serial number, and returns it. */
export async function unblockSerial(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  text: string,
): Promise<Result<string, Refusal>> {
  return mapOk(await unblock(deleteBlockedSerial, db, claim, certificateId, text), ({ removed }) => removed)
}

/** What unblockSerial would answer, and what it would change for clients. Nothing is unblocked. */
export async function tryUnblocking(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  text: string,
): Promise<Result<{ readonly removed: string; readonly act: Act }, Refusal>> {
  const tried = await unblock(tryUnblock, db, claim, certificateId, text)
  return mapOk(tried, ({ removed, serials, outcome: { hostnames } }) => ({
    removed,
    act: {
      hostnames,
      revoke: ({ blocked, ...rows }) => ({
        ...rows,
        blocked: blocked.filter((one) => one.certificateId !== certificateId || !serials.includes(one.serial)),
      }),
    },
  }))
}

interface Unblocked<T> {
  readonly removed: string
  readonly serials: readonly string[]
  readonly outcome: T
}

async function unblock<T extends { readonly removed: string | undefined }>(
  by: (db: Database, claim: Claim, certificateId: CertificateId, serials: readonly string[]) => Promise<OfRecord<T>>,
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  text: string,
): Promise<Result<Unblocked<T>, Refusal>> {
  const serial = parseSerial(text)
  const serials: readonly string[] = serial.ok ? withTwin(serial.value) : []
  const outcome = orNotFound(await by(db, claim, certificateId, serials))
  if (!outcome.ok) return outcome
  if (!serial.ok) return serial
  const { removed } = outcome.value
  return removed === undefined
    ? fail({ reason: 'serial_not_blocked' })
    : ok({ removed, serials, outcome: outcome.value })
}

/** The serial number, and its negative twin: what only keeps someone out is read liberally, and the text may stand for either. */
function withTwin(serial: Hex): readonly [string, ...string[]] {
  const twin = negativeTwin(serial)
  return twin === undefined ? [serial] : [serial, twin]
}
