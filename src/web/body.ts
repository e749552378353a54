import { fail, ok, type Result } from '../core/result.ts'
import { readForm } from './form.ts'
import type { HttpRefusal } from './http-refusal.ts'
import { describeJsonFault, findJsonFault } from './json-fault.ts'
import { readOctets } from './octets.ts'
import type { Fields } from './shapes.ts'

/** Largest request body, in bytes (contract 4, 6008). Sixteen certificates of 11 KiB each fit as PEM. */
export const MAX_BODY_BYTES = 256 * 1024

/** Throws for other octets, since JSON is UTF-8 (RFC 8259 8.1). Drops a byte order mark, as 8.1 lets parsers do. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Reads a body as JSON, or a multipart/form-data as the JSON it stands for (readForm). */
export async function readBody(request: Request, schema: Fields): Promise<Result<unknown, HttpRefusal>> {
  const type = request.headers.get('content-type') ?? ''
  // A form needs a boundary between its parts (RFC 7578 4.1).
  if (mediaType(request) !== 'multipart/form-data' || !/;\s*boundary=/i.test(type)) return readJson(request)
  const octets = await readOctets(request, MAX_BODY_BYTES)
  if (!octets.ok) return octets
  try {
    const form = await new Response(octets.value, { headers: { 'content-type': type } }).formData()
    return ok(await readForm(form, schema))
  } catch {
    return fail({ reason: 'malformed_json', detail: 'the form is malformed: write it with curl -F, or send JSON' })
  }
}

/**
 * Reads a JSON body of at most `limitBytes` bytes. Its type must be application/json or absent; parameters do not matter.
 * multipart/form-data is read as JSON, since the real service's check of the header lets it through too.
 */
export async function readJson(
  request: Request,
  limitBytes: number = MAX_BODY_BYTES,
): Promise<Result<unknown, HttpRefusal>> {
  const type = mediaType(request) ?? 'application/json'
  if (!['application/json', 'multipart/form-data'].includes(type)) return fail({ reason: 'content_type', type })
  const octets = await readOctets(request, limitBytes)
  if (!octets.ok) return octets
  const text = decodeText(octets.value)
  if (text === undefined) return fail({ reason: 'malformed_json', detail: describeOctets(octets.value) })
  try {
    return ok(JSON.parse(text))
  } catch {
    const fault = findJsonFault(text)
    return fail({ reason: 'malformed_json', detail: fault && describeJsonFault(fault) })
  }
}

function decodeText(octets: Uint8Array): string | undefined {
  try {
    return UTF8.decode(octets)
  } catch {
    return undefined
  }
}

/** Why octets are not UTF-8, and what to do. */
function describeOctets([first = 0, second = 0]: Uint8Array): string {
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return isUtf16
    ? 'it is UTF-16, as older PowerShell writes files: send UTF-8'
    : 'it is not UTF-8: send UTF-8, and binary files as base64'
}

/** Whether the media type is JSON. */
export function isJson(request: Request): boolean {
  return mediaType(request) === 'application/json'
}

/** The media type without its parameters, in lower case. */
function mediaType({ headers }: Request): string | undefined {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
}
