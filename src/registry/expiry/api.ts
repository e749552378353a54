import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { operation, SCOPE } from '../../web/operation.ts'
import { CertificateId, WireTime } from '../../web/shapes.ts'
import { calendarOf } from './calendar.ts'
import { selectExpiry } from './sql.ts'

/** Most things of an answer: calendars show no more than that with sense, and an account has 50 certificates by default. */
const LIMIT = 1_000

const CALENDAR = 'text/calendar'

const Expiry = v.pipe(
  v.strictObject({
    kind: v.picklist(['certificate', 'crl', 'report_mode']),
    at: WireTime,
    subject: v.pipe(v.string(), v.description('Of the certificate; issuer of the CRL; hostname of the mode')),
    certificate_id: v.pipe(v.nullable(CertificateId), v.description('The record; null for a mode')),
    name: v.pipe(v.nullable(v.string()), v.description('Of the record')),
  }),
  v.title('Expiry'),
)

const described = {
  namespace: 'edge',
  method: 'GET',
  permission: 'read',
  status: 200,
  result: v.array(Expiry),
} as const

/** What ends next: certificates, CRLs and report modes. */
export const EXPIRY = [
  operation({
    ...described,
    path: `${SCOPE}/expiry`,
    summary: 'List what expires next',
    async serve({ claim, context }) {
      const found = await selectExpiry(context.db, claim, context.now, LIMIT)
      return mapOk(found, (all) => ({
        result: all.map(({ kind, at, subject, certificateId, name }) => ({
          kind,
          at: rfc3339(at),
          subject,
          certificate_id: certificateId ?? null,
          name: name ?? null,
        })),
      }))
    },
  }),
  operation({
    ...described,
    path: `${SCOPE}/expiry.ics`,
    summary: 'Get what expires next as a calendar',
    documents: [CALENDAR],
    onlyDocuments: true,
    async serve({ claim, context }) {
      const found = await selectExpiry(context.db, claim, context.now, LIMIT)
      return mapOk(found, (all) => ({
        document: { mediaType: `${CALENDAR}; charset=utf-8`, text: calendarOf(all, context.now) },
      }))
    },
  }),
]
