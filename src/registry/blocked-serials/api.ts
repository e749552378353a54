import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import type { WireMessage } from '../../web/envelope.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { mapPage, PAGES, readPage } from '../../web/page.ts'
import { WireTime } from '../../web/shapes.ts'
import { dryRunOf } from '../impact/shape.ts'
import { type AddedBlock, blockSerial, listBlockedSerials, tryBlocking, tryUnblocking, unblockSerial } from './rules.ts'
import type { BlockedSerialRecord } from './sql.ts'

const PATH = `${SCOPE}/certificates/:certificate_id/blocked_serials` as const
const ONE = `${PATH}/:serial` as const

const SERIAL = {
  serial: v.pipe(
    v.string(),
    v.description('Hexadecimal, as tools print it, or dec: and decimal digits; at most 40 bytes'),
  ),
}

/** A serial number in the form in which it is compared. */
const SerialNumber = v.pipe(
  v.string(),
  v.regex(/^([0-9a-f]{2}){1,40}$/),
  v.description("Content octets of the certificate's INTEGER"),
  v.title('SerialNumber'),
)

const Blocked = v.pipe(v.strictObject({ serial: SerialNumber, blocked_at: WireTime }), v.title('BlockedSerial'))

function shown({ serial, blockedAt }: BlockedSerialRecord): Shape<typeof Blocked> {
  return { serial, blocked_at: rfc3339(blockedAt) }
}

/** Serial numbers that are refused below the CAs of a certificate. */
export const BLOCKED_SERIALS = [
  /** Lists them in the order of their texts. */
  operation({
    namespace: 'edge',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'List blocked serial numbers',
    pages: PAGES,
    status: 200,
    result: v.array(Blocked),
    async serve({ query, claim, context, params }) {
      const listed = await listBlockedSerials(context.db, claim, params.certificate_id, readPage(query))
      return mapOk(listed, (page) => ({ page: mapPage(page, shown) }))
    },
  }),
  /** Has no body. */
  operation({
    namespace: 'edge',
    method: 'PUT',
    path: ONE,
    permission: 'write',
    summary: 'Block a serial number',
    parameters: SERIAL,
    status: 200,
    result: Blocked,
    async serve({ claim, context, params }) {
      const blocked = await blockSerial(context.db, claim, params.certificate_id, params.serial)
      return mapOk(blocked, shownBlock)
    },
    async dryRun({ claim, context, params }) {
      const tried = await tryBlocking(context.db, claim, params.certificate_id, params.serial)
      return tried.ok ? await dryRunOf(context.db, claim, shownBlock(tried.value), tried.value.act) : tried
    },
  }),
  operation({
    namespace: 'edge',
    method: 'DELETE',
    path: ONE,
    permission: 'write',
    summary: 'Unblock a serial number',
    parameters: SERIAL,
    status: 200,
    result: v.strictObject({ serial: SerialNumber }),
    async serve({ claim, context, params }) {
      const removed = await unblockSerial(context.db, claim, params.certificate_id, params.serial)
      return mapOk(removed, (serial) => ({ result: { serial } }))
    },
    async dryRun({ claim, context, params }) {
      const tried = await tryUnblocking(context.db, claim, params.certificate_id, params.serial)
      if (!tried.ok) return tried
      return await dryRunOf(context.db, claim, { result: { serial: tried.value.removed } }, tried.value.act)
    },
  }),
]

function shownBlock({ block, perhapsDecimal }: AddedBlock) {
  return {
    result: shown(block),
    messages: perhapsDecimal === undefined ? [] : [perhapsDecimalNote(perhapsDecimal)],
  }
}

/** Says that a serial number of decimal digits was read as hexadecimal. @param digits the text, which has digits only */
function perhapsDecimalNote(digits: string): WireMessage {
  return {
    code: 12940,
    message: `${digits} was read as hexadecimal, and no certificate known here has that serial number: if it is decimal, unblock it, and block dec:${digits}; if not, write 0x${digits}`,
  }
}
