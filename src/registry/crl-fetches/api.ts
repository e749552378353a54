import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { orNotFound } from '../../store/record-target.ts'
import { operation, SCOPE } from '../../web/operation.ts'
import { Count, WireTime } from '../../web/shapes.ts'
import { selectCrlFetch } from './sql.ts'

/** How the fetching of a record's CRLs stands. `crl_url` is set with the revocation policy. */
const CrlFetch = v.pipe(
  v.strictObject({
    crl_url: v.string(),
    fetched_at: v.pipe(v.nullable(WireTime), v.description('The last success; null before the first')),
    failures: v.pipe(Count, v.description('How often it failed since then')),
    error: v.pipe(v.nullable(v.string()), v.description('Why it failed the last time')),
    next_at: v.pipe(
      v.nullable(WireTime),
      v.description('It is fetched by the first run of the cron trigger after this time; null: by the next one'),
    ),
  }),
  v.title('CrlFetch'),
)

export const CRL_FETCHES = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: `${SCOPE}/certificates/:certificate_id/crl_fetch`,
    permission: 'read',
    summary: 'Get how the fetching of CRLs stands',
    status: 200,
    result: v.pipe(v.nullable(CrlFetch), v.description('null: the certificate has no crl_url')),
    async serve({ claim, context, params }) {
      const found = orNotFound(await selectCrlFetch(context.db, claim, params.certificate_id))
      return mapOk(found, ({ fetch }) => ({
        result: fetch && {
          crl_url: fetch.url,
          fetched_at: fetch.fetchedAt === undefined ? null : rfc3339(fetch.fetchedAt),
          failures: fetch.failures,
          error: fetch.error ?? null,
          next_at: fetch.nextAt === undefined ? null : rfc3339(fetch.nextAt),
        },
      }))
    },
  }),
]
