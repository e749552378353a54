import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as pkijs from 'pkijs'
import { type Identity, type KeyPair, toPem } from './certificate.ts'

/** The files of one identity: the certificate with what a TLS peer sends along, and the key. */
export interface IdentityFiles {
  readonly certificate: string
  readonly key: string
}

export function identityFiles(folder: string, name: string): IdentityFiles {
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
}

/** Writes an identity. Only the user may read the key. */
export async function writeIdentity(
  files: IdentityFiles,
  { certificate, keys }: Identity,
  sentAlong: readonly pkijs.Certificate[],
): Promise<void> {
  const pem = [certificate, ...sentAlong].map((each) => toPem('CERTIFICATE', derOf(each)))
  // Away with an old one first: `mode` is only for files that are new.
  rmSync(files.key, { force: true })
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  writeFileSync(files.key, toPem('PRIVATE KEY', key), { mode: 0o600 })
  writeFileSync(files.certificate, pem.join(''))
}

/** Reads an identity; undefined when it is not there, or its files do not belong together. */
export async function readIdentity(files: IdentityFiles): Promise<Identity | undefined> {
  try {
    const certificate = pkijs.Certificate.fromBER(firstBlock(files.certificate))
    const keys = await importKeys(firstBlock(files.key))
    const own = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey))
    const certified = Buffer.from(certificate.subjectPublicKeyInfo.toSchema().toBER())
    return own.equals(certified) ? { certificate, keys } : undefined
  } catch {
    return undefined
  }
}

export function derOf(certificate: pkijs.Certificate): ArrayBuffer {
  return certificate.toSchema(true).toBER()
}

function firstBlock(path: string): Uint8Array<ArrayBuffer> {
  const base64 = /-----BEGIN [A-Z ]+-----([^-]+)-----END/.exec(readFileSync(path, 'utf8'))?.[1] ?? ''
  return Uint8Array.from(Buffer.from(base64, 'base64'))
}

async function importKeys(pkcs8: Uint8Array<ArrayBuffer>): Promise<KeyPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign'])
  const { d: _, key_ops: __, ...open } = await crypto.subtle.exportKey('jwk', privateKey)
  return { privateKey, publicKey: await crypto.subtle.importKey('jwk', open, algorithm, true, ['verify']) }
}
