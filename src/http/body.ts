import { fail, ok, type Result } from '../result.ts'
import type { HttpRefusal } from './refusals.ts'

/** Largest request body, in bytes (contract 4, 6008): sixteen certificates of 11 KiB in PEM still fit. */
export const MAX_BODY_BYTES = 256 * 1024

/** Fatal: a body that is not UTF-8 is not JSON (RFC 8259 8.1). Drops a byte order mark, as 8.1 lets parsers do. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Reads a JSON body. The type must be application/json, with any parameters, or absent; multipart/form-data passes
 * the header check of the real service too, and then is no JSON.
 */
export async function readJson(request: Request): Promise<Result<unknown, HttpRefusal>> {
  if (!acceptedContentType(request.headers.get('content-type'))) return fail({ reason: 'content_type' })
  const octets = await readBytes(request)
  if (!octets.ok) return octets
  try {
    return ok(JSON.parse(UTF8.decode(octets.value)))
  } catch {
    return fail({ reason: 'malformed_json' })
  }
}

function acceptedContentType(header: string | null): boolean {
  const type = header?.split(';')[0]?.trim().toLowerCase()
  return type === undefined || type === 'application/json' || type === 'multipart/form-data'
}

/** Counts while reading: Content-Length is the client's claim, and a chunked body has none. */
async function readBytes(request: Request): Promise<Result<Uint8Array, HttpRefusal>> {
  const tooLarge = fail({ reason: 'body_too_large', limitBytes: MAX_BODY_BYTES } as const)
  if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES) return tooLarge
  const octets = new Uint8Array(MAX_BODY_BYTES)
  let length = 0
  for await (const chunk of request.body ?? []) {
    if (length + chunk.length > MAX_BODY_BYTES) return tooLarge
    octets.set(chunk, length)
    length += chunk.length
  }
  return ok(octets.subarray(0, length))
}
