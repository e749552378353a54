import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { prefersToJson } from '../../web/accept.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { mapPage, PAGES, readPage } from '../../web/page.ts'
import { Count, Fingerprint, WireTime } from '../../web/shapes.ts'
import { encodePem } from '../../x509/index.ts'
import { CertificateFields, shown } from '../certificates/shape.ts'
import { type Deletion, reasonsToKeep } from './deletion.ts'
import { getRecord, listRecords, type PlacedCertificate, RECORD_FILTER_NAMES } from './rules.ts'
import type { CertificateFacts, Coverage as Covered } from './sql.ts'

const PATH = `${SCOPE}/certificates` as const
const ONE = `${PATH}/:certificate_id` as const

/** The media type of a record's certificates as PEM. */
const PEM = 'application/x-pem-file'

/** The place of a certificate in its upload: 1, 2, … */
export const Position = v.pipe(v.number(), v.integer(), v.minValue(1))

/** What is shown of a certificate alone. */
export const FACTS = {
  position: v.pipe(Position, v.description('Its place in the upload: 1, 2, …')),
  subject: v.string(),
  issuer: v.string(),
  serial_number: v.pipe(v.string(), v.description('Hexadecimal, as OpenSSL prints it')),
  fingerprint_sha256: Fingerprint,
  fingerprint_md5: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  key_sha256: v.pipe(
    v.nullable(Fingerprint),
    v.description('SHA-256 of the SubjectPublicKeyInfo; null: registered before it was kept, and not computed yet'),
  ),
  public_key: v.pipe(v.string(), v.description('RSA 2048, EC P-256, …')),
  signature_algorithm: v.string(),
  not_before: WireTime,
  not_after: WireTime,
}

const ListedCertificate = v.pipe(v.strictObject(FACTS), v.title('ListedCertificate'))

const ListedRecord = v.pipe(
  v.strictObject({ ...CertificateFields.entries, certificates: v.array(ListedCertificate) }),
  v.title('ListedRecord'),
)

/** The CRLs that cover the clients of a CA. */
export const Coverage = v.pipe(
  v.strictObject({
    crls: v.pipe(Count, v.description('How many current CRLs')),
    in_parts: v.pipe(v.boolean(), v.description('A part covers only certificates that name its distribution point')),
    until: v.pipe(WireTime, v.description('The first nextUpdate among them')),
    stale: v.pipe(v.boolean(), v.description('That moment is past')),
  }),
  v.title('Coverage'),
)

export const Role = v.pipe(
  v.picklist(['anchor', 'intermediate']),
  v.description('Paths end at an anchor; an intermediate helps to find them'),
)

const DetailedCertificate = v.pipe(
  v.strictObject({
    ...FACTS,
    role: Role,
    self_signed: v.boolean(),
    issued_by: v.pipe(
      v.nullable(Position),
      v.description('The position of its issuer here, by name and key identifier; null: it is not in this record'),
    ),
    coverage: v.pipe(
      v.nullable(Coverage),
      v.description('The current CRLs that cover the clients of this CA; null: none does'),
    ),
  }),
  v.title('DetailedCertificate'),
)

const SafeToDelete = v.pipe(
  v.strictObject({
    safe: v.boolean(),
    reasons: v.pipe(
      v.array(
        v.strictObject({
          code: v.picklist(['has_hostnames', 'has_traffic', 'has_blocked_serials', 'takes_coverage']),
          message: v.string(),
        }),
      ),
      v.description('Why not; empty where it is safe'),
    ),
  }),
  v.title('SafeToDelete'),
)

const DetailedRecord = v.pipe(
  v.strictObject({
    ...CertificateFields.entries,
    certificates: v.array(DetailedCertificate),
    safe_to_delete: SafeToDelete,
  }),
  v.title('DetailedRecord'),
)

/** A certificate alone, as it is answered. */
export function facts(one: CertificateFacts, index: number): Shape<typeof ListedCertificate> {
  return {
    position: index + 1,
    subject: one.subject,
    issuer: one.issuer,
    serial_number: one.serialNumber,
    fingerprint_sha256: one.sha256,
    fingerprint_md5: one.md5,
    key_sha256: one.keySha256 === '' ? null : one.keySha256,
    public_key: one.publicKey,
    signature_algorithm: one.signatureAlgorithm,
    not_before: rfc3339(one.notBefore),
    not_after: rfc3339(one.notAfter),
  }
}

function detailed(one: PlacedCertificate, index: number, now: UnixSeconds): Shape<typeof DetailedCertificate> {
  return {
    ...facts(one, index),
    role: one.role,
    self_signed: one.selfSigned,
    issued_by: one.issuedBy ?? null,
    coverage: shownCoverage(one.coverage, now),
  }
}

/** Coverage as it is answered. */
export function shownCoverage(coverage: Covered | undefined, now: UnixSeconds): Shape<typeof Coverage> | null {
  if (coverage === undefined) return null
  const { crls, inParts, until } = coverage
  return { crls, in_parts: inParts, until: rfc3339(until), stale: until < now }
}

function safety(deletion: Deletion): Shape<typeof SafeToDelete> {
  const reasons = reasonsToKeep(deletion)
  return { safe: reasons.length === 0, reasons }
}

/** What is registered, read back. */
export const CERTIFICATE_DETAILS = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'List certificates with their facts',
    parameters: Object.fromEntries(RECORD_FILTER_NAMES.map((name) => [name, v.optional(v.string())])),
    pages: PAGES,
    status: 200,
    result: v.array(ListedRecord),
    async serve({ query, claim, context }) {
      const page = await listRecords(context.db, claim, (name) => query.getAll(name), readPage(query))
      return mapOk(page, (one) => ({
        page: mapPage(one, (record) => ({ ...shown(record), certificates: record.certificates.map(facts) })),
      }))
    },
  }),
  operation({
    namespace: 'edge',
    method: 'GET',
    path: ONE,
    permission: 'read',
    summary: 'Get a certificate with its facts, or as PEM',
    status: 200,
    result: DetailedRecord,
    documents: [PEM],
    async serve({ request, claim, context, params }) {
      const found = await getRecord(context.db, claim, params.certificate_id)
      const asPem = prefersToJson(request.headers.get('accept'), PEM)
      return mapOk(found, (record) =>
        asPem
          ? { document: { mediaType: PEM, text: record.certificates.map(({ der }) => encodePem(der)).join('') } }
          : {
              result: {
                ...shown(record),
                certificates: record.certificates.map((one, index) => detailed(one, index, claim.now)),
                safe_to_delete: safety(record.deletion),
              },
            },
      )
    },
  }),
]
