import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCertificate } from '../../src/testing/index.ts'

/** The files of one identity: the certificate with what a TLS peer sends along, and the key. */
export interface IdentityFiles {
  readonly certificate: string
  readonly key: string
}

export function identityFiles(folder: string, name: string): IdentityFiles {
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
}

/** Writes an identity. Only the user may read the key. */
export function writeIdentity(files: IdentityFiles, { certificate, chain, key }: TestCertificate): void {
  // Away with an old one first: `mode` is only for files that are new.
  rmSync(files.key, { force: true })
  writeFileSync(files.key, key, { mode: 0o600 })
  writeFileSync(files.certificate, certificate + chain)
}

/** Reads an identity; undefined when it is not there, or its files do not belong together. */
export function readIdentity(files: IdentityFiles): TestCertificate | undefined {
  try {
    const [certificate = '', ...chain] = readFileSync(files.certificate, 'utf8').split(
      /(?<=-----END CERTIFICATE-----\n)/,
    )
    const key = readFileSync(files.key, 'utf8')
    const read = new X509Certificate(certificate)
    if (!read.checkPrivateKey(createPrivateKey(key))) return undefined
    return { certificate, chain: chain.join(''), key, serialNumber: read.serialNumber.toLowerCase() }
  } catch {
    return undefined
  }
}
