import { readCrlDraft } from '../../api/input.ts'
import type { HttpRefusal } from '../../api/refusals.ts'
import { mapOk, type Result } from '../../core/result.ts'
import { isJson, readJson } from '../../web/body.ts'
import { readOctets } from '../../web/octets.ts'
import type { CrlDraft } from './draft.ts'

/**
 * Largest body of a CRL as such, in bytes. A million entries with serial numbers of 16 bytes and reasons are 49 MB of DER.
 * As PEM it is in memory together with its DER, three quarters of it, and a Worker has 128 MB.
 */
export const MAX_CRL_BODY_BYTES = 48 * 1024 * 1024

/** Largest JSON body with a CRL in it, in bytes: it is in memory four times, as octets and as text. */
export const MAX_CRL_JSON_BYTES = 12 * 1024 * 1024

/** Media types that a CRL comes under, beside JSON; any other is taken for one of them. RFC 2585 has the first. */
export const CRL_MEDIA_TYPES = ['application/pkix-crl', 'application/x-pem-file'] as const

/** Reads CRLs: the member `crl` of a JSON object where the type says JSON; otherwise the body is the CRLs themselves. */
export async function readCrlBody(request: Request): Promise<Result<CrlDraft, HttpRefusal>> {
  if (isJson(request)) return mapOk(await readJson(request, MAX_CRL_JSON_BYTES), readCrlDraft)
  return mapOk(await readOctets(request, MAX_CRL_BODY_BYTES), (octets) => ({
    pointer: '',
    octets,
    ca: undefined,
    faults: [],
  }))
}
