import * as v from 'valibot'
import type { CertificateRecord } from '../../core/model.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import type { Shape } from '../../web/operation.ts'
import { CertificateId, WireTime } from '../../web/shapes.ts'

/** Contract 3: `name` has 1 to 350 characters. Characters are code points, as in JSON Schema's maxLength. */
export const MAX_NAME_CHARACTERS = 350

/** The seven keys of a certificate in answers, in the order of the API reference (contract 2). */
export const CertificateFields = v.strictObject({
  id: CertificateId,
  name: v.pipe(v.string(), v.metadata({ minLength: 1, maxLength: MAX_NAME_CHARACTERS })),
  fingerprint: v.pipe(v.string(), v.regex(/^MD5 Fingerprint=([0-9A-F]{2}:){15}[0-9A-F]{2}$/)),
  associated_hostnames: v.array(v.string()),
  created_at: WireTime,
  updated_at: WireTime,
  expires_on: WireTime,
})

/** A record as answers have it. */
export function shown(record: CertificateRecord): Shape<typeof CertificateFields> {
  return {
    id: record.id,
    name: record.name,
    fingerprint: `MD5 Fingerprint=${record.fingerprintMd5.toUpperCase().replace(/..(?!$)/g, '$&:')}`,
    associated_hostnames: record.hostnames,
    created_at: rfc3339(record.createdAt),
    updated_at: rfc3339(record.updatedAt),
    expires_on: rfc3339(record.expiresOn),
  }
}
