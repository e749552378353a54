import { readFileSync, statSync } from 'node:fs'
import { latin1, toBase64 } from '../../src/core/bytes.ts'
import { kindOfDer, plainText, privateKeyIn } from '../../src/x509/text/index.ts'
import { userPath } from './arguments.ts'
import { UsageError } from './usage-error.ts'

/** Reads a file. @param path as the user wrote it */
export function readFile(path: string, maxBytes: number): Buffer<ArrayBuffer> {
  const full = userPath(path)
  try {
    const stat = statSync(full)
    if (!stat.isFile()) throw new UsageError(`${path} is not a file`)
    if (stat.size > maxBytes) throw new UsageError(`${path} has ${stat.size} bytes; at most ${maxBytes} are taken`)
    return readFileSync(full)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === undefined ? error : new UsageError(`${path} cannot be read (${code})`)
  }
}

/** Largest body of a request with certificates, in bytes (`src/web/body.ts`). Base64 in JSON takes more than the file has. */
const MAX_CERTIFICATE_FILE_BYTES = 180 * 1_024

/**
 * The certificates of a file, in a form that the API reads: PEM as it stands, DER in base64. A file with a private key is refused here,
 * so that the key stays here.
 */
export function readCertificates(path: string): string {
  const text = apiText(readFile(path, MAX_CERTIFICATE_FILE_BYTES))
  if (privateKeyIn(text) === undefined) return text
  throw new UsageError(
    `${path} holds a private key. Nothing was sent. Give a file with certificates only: openssl x509 -in FILE -out ca.pem`,
  )
}

/** Octets as a text: base64 of DER, otherwise the text, in whatever encoding it is. */
export function apiText(octets: Uint8Array): string {
  return isDer(octets) ? toBase64(octets) : plainText(latin1(octets))
}

/** Whether octets are DER, or meant to be: no text begins with `0` and an octet whose high bit is set. */
export function isDer(octets: Uint8Array): boolean {
  const kind = kindOfDer(octets)
  return (octets[0] === 0x30 && (octets[1] ?? 0) >= 0x80) || (kind !== undefined && kind !== 'pem')
}
