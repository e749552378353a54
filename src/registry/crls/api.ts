import * as v from 'valibot'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { isJson, readJson } from '../../web/body.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { readOctets } from '../../web/octets.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { mapPage, PAGES, readPage } from '../../web/page.ts'
import { Count, Fingerprint, objectMessage, Text, WireTime } from '../../web/shapes.ts'
import { draftOf } from '../fields.ts'
import { dryRunOf } from '../impact/shape.ts'
import type { Refusal } from '../refusal.ts'
import { uncoveredNote } from './coverage-notes.ts'
import type { CrlDraft } from './draft.ts'
import { crlNotes } from './notes.ts'
import { listCrls, removeCrls, type ShownCrl, tryRemoval } from './rules.ts'
import { putCrls } from './upload.ts'

const PATH = `${SCOPE}/certificates/:certificate_id/crl` as const

/**
 * Largest body that is not JSON, in bytes. A million entries with serial numbers of 16 bytes and reasons are 49 MB of DER. PEM is
 * in memory together with its DER, which has three quarters of its size; a Worker has 128 MB.
 */
export const MAX_CRL_BODY_BYTES = 48 * 1024 * 1024

/** Largest JSON body with a CRL in it, in bytes. Such a body is in memory four times, as octets and as text. */
export const MAX_CRL_JSON_BYTES = 12 * 1024 * 1024

/** Media types of a CRL, besides JSON. Any other type counts as one of them. The first is from RFC 2585. */
const CRL_MEDIA_TYPES = ['application/pkix-crl', 'application/x-pem-file'] as const

/**
 * A JSON body: `crl` is PEM, or base64 of DER. `ca` is PEM of the CAs that signed the CRLs, and of the certificates that lead
 * from these to the record's own.
 */
const CrlBody = v.object({ crl: Text, ca: v.nullish(Text) }, objectMessage)

const Crl = v.pipe(
  v.strictObject({
    issuer: v.string(),
    ca_fingerprint_sha256: Fingerprint,
    number: v.pipe(
      v.nullable(v.pipe(v.string(), v.regex(/^(0|[1-9a-f][0-9a-f]{0,39})$/))),
      v.description('cRLNumber, hexadecimal; null where the CRL has none'),
    ),
    this_update: WireTime,
    next_update: WireTime,
    entries: Count,
    covers: v.pipe(v.picklist(['all', 'user', 'ca']), v.description('Which certificates of the CA it covers')),
    part: v.pipe(
      v.nullable(v.array(v.string())),
      v.description('Names of the distribution point that the CRL is for; null where it is for all'),
    ),
    stale: v.pipe(v.boolean(), v.description('Whether next_update has passed')),
    uploaded_at: WireTime,
  }),
  v.title('Crl'),
)

function shown(crl: ShownCrl): Shape<typeof Crl> {
  return {
    issuer: crl.issuer,
    ca_fingerprint_sha256: crl.caFingerprintSha256,
    number: crl.number,
    this_update: rfc3339(crl.thisUpdate),
    next_update: rfc3339(crl.nextUpdate),
    entries: crl.entries,
    covers: crl.covers,
    part: crl.part,
    stale: crl.stale,
    uploaded_at: rfc3339(crl.uploadedAt),
  }
}

/** CRLs that were uploaded to a certificate. */
export const CRLS = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'List the CRLs of a certificate',
    pages: PAGES,
    status: 200,
    result: v.array(Crl),
    async serve({ query, claim, context, params }) {
      const listed = await listCrls(context.db, claim, params.certificate_id, readPage(query))
      return mapOk(listed, (page) => ({ page: mapPage(page, shown) }))
    },
  }),
  /** Stores CRLs as the current ones of their CAs. */
  operation({
    namespace: 'edge',
    method: 'PUT',
    path: PATH,
    permission: 'write',
    summary: 'Upload CRLs',
    body: CrlBody,
    rawBody: CRL_MEDIA_TYPES,
    status: 200,
    result: v.array(Crl),
    async serve({ request, claim, context, params }) {
      const stored = await putCrls(context, claim, params.certificate_id, () => readCrlBody(request))
      return mapOk(stored, (all) => ({ result: all.map(({ crl }) => shown(crl)), messages: all.flatMap(crlNotes) }))
    },
  }),
  /** Deletes all of them, or those of one CA. */
  operation({
    namespace: 'edge',
    method: 'DELETE',
    path: PATH,
    permission: 'write',
    summary: 'Delete the CRLs of a certificate',
    parameters: { ca_fingerprint_sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9A-Fa-f]{64}$/))) },
    status: 200,
    result: v.strictObject({ deleted: Count }),
    async serve({ query, claim, context, params }) {
      const removed = await removeCrls(context.db, claim, params.certificate_id, readFingerprint(query))
      return mapOk(removed, ({ deleted, uncovered }) => ({
        result: { deleted },
        messages: uncovered.map(uncoveredNote),
      }))
    },
    async dryRun({ query, claim, context, params }) {
      const tried = await tryRemoval(context.db, claim, params.certificate_id, readFingerprint(query))
      if (!tried.ok) return tried
      const { deleted, uncovered, act } = tried.value
      const would = { result: { deleted }, messages: uncovered.map(uncoveredNote) }
      return await dryRunOf(context.db, claim, would, act)
    },
  }),
]

/** Reads CRLs: from the member `crl` of a JSON body; a body of any other type is the CRLs. */
async function readCrlBody(request: Request): Promise<Result<CrlDraft, HttpRefusal>> {
  if (isJson(request)) return mapOk(await readJson(request, MAX_CRL_JSON_BYTES), crlDraft)
  return mapOk(await readOctets(request, MAX_CRL_BODY_BYTES), (octets) => ({
    pointer: '',
    octets,
    ca: undefined,
    faults: [],
  }))
}

function crlDraft(body: unknown): CrlDraft {
  const { fields, faults } = draftOf(CrlBody, body)
  const octets = fields.crl === undefined ? undefined : new TextEncoder().encode(fields.crl)
  return { pointer: '/crl', octets, ca: fields.ca ?? undefined, faults }
}

/** Reads `ca_fingerprint_sha256` in the form of answers; null where it is not given. */
function readFingerprint(query: URLSearchParams): Result<string | null, Refusal> {
  const [value = null, ...more] = query.getAll('ca_fingerprint_sha256')
  if (value === null) return ok(null)
  const sound = /^[0-9a-f]{64}$/i.test(value) && more.length === 0
  return sound ? ok(value.toLowerCase()) : fail({ reason: 'invalid_fingerprint' })
}
