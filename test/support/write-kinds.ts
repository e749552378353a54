import { basicConstraints, keyUsage } from '../../src/testing/extensions.ts'
import { add, get, put, remove } from './family.ts'
import { pem } from './pki.ts'
import { soundBody } from './requests.ts'
import {
  account,
  empty,
  MANY,
  ofTenant,
  posts,
  puts,
  removes,
  reverts,
  SERIAL,
  type Send,
  setting,
  uploads,
} from './write-makers.ts'
import { issue } from './x509/chain.ts'
import { issueCrl, manyEntries } from './x509/make-crl.ts'

/** A way to use a route that writes. */
export interface WriteKind {
  /** Method and path of the route, as in ROUTES. */
  readonly route: string
  readonly what: string
  /** Status of a success. */
  readonly status: number
  /** What a client is answered that sends the request again after it was carried out. */
  readonly retry: number
  /** The same, where storage sends the call again that writes. */
  readonly twice: number
  /** How many of its calls end it when they are carried out twice: nothing is changed then. */
  readonly endedByTwice?: number
  readonly prepare: () => Promise<Send>
}

const CERTIFICATES = '/access/certificates'
const RECORD = '/certificates/:certificate_id'

const REVERT = { route: 'POST /changes/:change_id/revert', status: 201, retry: 409, twice: 409 } as const

/** Every route that writes, in the ways in which it calls the database. */
export const WRITE_KINDS: readonly WriteKind[] = [
  {
    route: `POST ${CERTIFICATES}`,
    what: 'one certificate',
    status: 201,
    retry: 409,
    twice: 500,
    prepare: posts(({ domain }) => ({ associated_hostnames: [domain, `new.${domain}`] })),
  },
  {
    route: `POST ${CERTIFICATES}`,
    what: 'much to read',
    status: 201,
    retry: 409,
    twice: 500,
    prepare: posts(() => ({ certificate: `${soundBody()['certificate']}${' '.repeat(16_384)}` })),
  },
  {
    route: `PUT ${CERTIFICATES}/:certificate_id`,
    what: 'hostnames and name',
    status: 200,
    retry: 200,
    twice: 200,
    prepare: puts(
      ({ record }) => record,
      ({ domain }) => ({ name: 'new', associated_hostnames: [`b.${domain}`, domain] }),
    ),
  },
  {
    route: `PUT ${CERTIFICATES}/:certificate_id`,
    what: 'fewer hostnames',
    status: 200,
    retry: 200,
    twice: 200,
    prepare: puts(
      ({ record }) => record,
      () => ({}),
    ),
  },
  {
    route: `PUT ${CERTIFICATES}/:certificate_id`,
    what: 'If-Match',
    status: 200,
    retry: 412,
    twice: 412,
    prepare: ofTenant(async ({ record, authorization, domain }) => {
      const etag = (await get(record, authorization)).headers.get('etag') ?? ''
      const body = { associated_hostnames: [`b.${domain}`, domain] }
      return (options) => put(record, authorization, body, { headers: { 'if-match': etag }, ...options })
    }),
  },
  {
    route: `DELETE ${CERTIFICATES}/:certificate_id`,
    what: 'a record by itself',
    status: 200,
    retry: 404,
    twice: 404,
    prepare: ofTenant(async ({ accountPath, authorization }) => {
      const { path } = await add(accountPath, authorization)
      return (options) => remove(path, authorization, options)
    }),
  },
  {
    route: `DELETE ${CERTIFICATES}/:certificate_id`,
    what: 'a record with CRLs',
    status: 200,
    retry: 404,
    twice: 404,
    prepare: ofTenant(
      removes(({ record }) => record),
      empty,
    ),
  },
  {
    route: `PUT ${CERTIFICATES}/settings`,
    what: 'a setting',
    status: 202,
    retry: 202,
    twice: 202,
    prepare: puts(
      ({ accountPath }) => `${accountPath}/settings`,
      ({ domain }) => setting(domain),
    ),
  },
  {
    route: 'PUT /hostnames/:hostname',
    what: 'report',
    status: 200,
    retry: 200,
    twice: 200,
    prepare: puts(
      (tenant) => `${account(tenant)}/hostnames/${tenant.domain}`,
      () => ({ mode: 'report' }),
    ),
  },
  {
    route: `PUT ${RECORD}/crl`,
    what: 'in one batch',
    status: 200,
    retry: 200,
    twice: 500,
    prepare: uploads(({ ca }) => issueCrl(ca, { number: 2, revoked: [SERIAL] })),
  },
  {
    route: `PUT ${RECORD}/crl`,
    what: 'in several batches',
    status: 200,
    retry: 200,
    twice: 200,
    // The first batch, which inserts the CRL.
    endedByTwice: 1,
    prepare: uploads(({ ca }) => issueCrl(ca, { number: 2, revoked: manyEntries(MANY.count, MANY) })),
  },
  {
    route: `PUT ${RECORD}/crl`,
    what: 'of a CA that is elsewhere in the account',
    status: 200,
    retry: 200,
    twice: 500,
    prepare: uploads(async ({ ca, accountPath, authorization }) => {
      const below = await issue({ by: ca, cn: 'Below', extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
      await add(accountPath, authorization, { certificate: pem(below.der) + pem(ca.der) })
      return issueCrl(below, { revoked: [SERIAL] })
    }),
  },
  {
    route: `DELETE ${RECORD}/crl`,
    what: 'all',
    status: 200,
    retry: 200,
    twice: 200,
    prepare: ofTenant(removes(({ crlPath }) => crlPath)),
  },
  {
    route: `PUT ${RECORD}/blocked_serials/:serial`,
    what: 'with its negative twin',
    status: 200,
    retry: 200,
    twice: 200,
    prepare: puts(
      ({ edge }) => `${edge}/blocked_serials/8a0b`,
      () => '',
    ),
  },
  {
    route: `DELETE ${RECORD}/blocked_serials/:serial`,
    what: 'one',
    status: 200,
    retry: 404,
    twice: 404,
    prepare: ofTenant(removes(({ edge }) => `${edge}/blocked_serials/0a`)),
  },
  {
    route: `PUT ${RECORD}/revocation`,
    what: 'one part',
    status: 200,
    retry: 200,
    twice: 200,
    prepare: puts(
      ({ edge }) => `${edge}/revocation`,
      () => ({ uncovered: 'refuse' }),
    ),
  },
  { ...REVERT, what: 'of an update', prepare: reverts(empty) },
  {
    ...REVERT,
    what: 'of a deletion',
    prepare: reverts((tenant) => removes(({ record }) => record)(tenant)({}), empty),
  },
  { ...REVERT, what: 'of deleted CRLs', prepare: reverts((tenant) => removes(({ crlPath }) => crlPath)(tenant)({})) },
  {
    ...REVERT,
    what: 'of an unblocked serial number',
    prepare: reverts((tenant) => removes(({ edge }) => `${edge}/blocked_serials/0a`)(tenant)({})),
  },
  {
    ...REVERT,
    what: 'of a policy',
    prepare: reverts(({ edge, authorization }) => put(`${edge}/revocation`, authorization, { uncovered: 'refuse' })),
  },
  {
    ...REVERT,
    what: 'of a mode',
    prepare: reverts((tenant) =>
      put(`${account(tenant)}/hostnames/${tenant.domain}`, tenant.authorization, { mode: 'report' }),
    ),
  },
  {
    ...REVERT,
    what: 'of settings',
    prepare: reverts(({ accountPath, authorization, domain }) =>
      put(`${accountPath}/settings`, authorization, setting(domain)),
    ),
  },
]
