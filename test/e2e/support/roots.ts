import { rootCertificates } from 'node:tls'

/** A public root that every Node carries: a real certificate for tests that need one, each by its index. */
export function publicRoot(index: number): string {
  const pem = rootCertificates[index]
  if (pem === undefined) throw new Error(`this Node has only ${rootCertificates.length} roots`)
  return `${pem}\n`
}
