import { rootCertificates } from 'node:tls'

/** A public root that comes with Node, by index: for tests that need a real certificate. */
export function publicRoot(index: number): string {
  const pem = rootCertificates[index]
  if (pem === undefined) throw new Error(`this Node has only ${rootCertificates.length} roots`)
  return `${pem}\n`
}
