import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { type TestCa, type TestCertificate, testCa } from '../../src/testing/test-ca.ts'
import { urlHost } from '../cli/port.ts'
import { startFront } from '../dev-mtls/front.ts'
import { identityFiles, readIdentity, writeIdentity } from '../dev-mtls/identity.ts'
import type { Service } from './service.ts'

export interface GatewayOptions {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  readonly entry: NonNullable<Service['entry']>
  /** Keeps the CA of the server's certificates, so that what trusts it once does so after the next start too. */
  readonly folder: string
}

export interface Gateway {
  /** `https://host:port` */
  readonly url: string
  /** The CA of the server's certificates, as PEM. */
  readonly ca: string
  readonly caFile: string
  stop(): Promise<void>
}

/** Any hostname may be protected, so each gets its certificate when a client first asks for it. This many are kept. */
const KEPT_CONTEXTS = 256

/** Starts the TLS server before the gateway. It has a certificate for each name that a client asks for. */
export async function startGateway({ host, port, entry, folder }: GatewayOptions): Promise<Gateway> {
  const { ca, caFile } = await keepCa(join(folder, 'gateway'))
  const server = await ca.issue({
    subject: 'localhost',
    extendedKeyUsage: ['serverAuth'],
    subjectAltName: ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'],
  })
  const front = await startFront({
    host,
    port,
    server: { certificate: server.certificate + server.chain, key: server.key },
    contextFor: contexts(ca),
    entry: entry.url,
    secret: entry.secret,
  })
  return { url: `https://${urlHost(host)}:${front.port}`, ca: ca.certificate, caFile, stop: front.stop }
}

async function keepCa(folder: string): Promise<{ readonly ca: TestCa; readonly caFile: string }> {
  const files = identityFiles(folder, 'ca')
  const kept = readIdentity(files)
  const subject = 'access-mtls gateway on this machine'
  const ca = await testCa(kept === undefined ? { subject } : { certificate: kept.certificate, key: kept.key })
  if (kept === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeIdentity(files, ca)
  }
  return { ca, caFile: files.certificate }
}

function contexts(ca: TestCa): (name: string) => Promise<SecureContext> {
  const kept = new Map<string, Promise<SecureContext>>()
  return (name) => {
    const known = kept.get(name)
    if (known !== undefined) return known
    if (kept.size >= KEPT_CONTEXTS) kept.clear()
    const made = ca.issue(serverOptions(name)).then(contextOf)
    kept.set(name, made)
    return made
  }
}

function serverOptions(name: string) {
  return { subject: name.slice(0, 64), extendedKeyUsage: ['serverAuth'], subjectAltName: [`DNS:${name}`] } as const
}

function contextOf({ certificate, chain, key }: TestCertificate): SecureContext {
  return createSecureContext({ cert: certificate + chain, key, minVersion: 'TLSv1.2' })
}
