import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const PEM = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g

/** The certificates of the folder that CERTIFICATE_CORPUS names, relative to where npm was called. */
export function corpusAt(folder: string | undefined): readonly Uint8Array[] {
  return folder ? readCorpus(resolve(process.env['INIT_CWD'] ?? '.', folder)) : []
}

/** The certificates of a folder, whatever they are worth, as DER in the order of their files' names. */
function readCorpus(folder: string): readonly Uint8Array[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => /\.(?:der|pem|crt|cer)$/.test(file))
    .sort()
    .flatMap((file) => certificatesOf(readFileSync(join(folder, file))))
}

function certificatesOf(octets: Buffer): readonly Uint8Array[] {
  const text = octets.toString('latin1')
  if (!text.includes('-----BEGIN')) return [Uint8Array.from(octets)]
  return Array.from(text.matchAll(PEM), ([, base64 = '']) => Uint8Array.from(Buffer.from(base64, 'base64')))
}
