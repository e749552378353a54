import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePem } from '../../src/x509/index.ts'
import { fromBase64 } from './base64.ts'
import type { Observation } from './wire.ts'

/** What an OpenSSL command printed, errors included. */
export interface Printed {
  readonly code: number
  readonly output: string
}

/** Runs an OpenSSL command; undefined where there is no openssl. */
export function openssl(args: readonly string[]): Promise<Printed | undefined> {
  return new Promise((resolve) => {
    execFile('openssl', [...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') resolve(undefined)
      else resolve({ code: Number(error?.code ?? 0), output: `${stdout}\n${stderr}` })
    })
  })
}

/** Files for OpenSSL, which go away with the call. */
export async function withFolder<T>(use: (write: (name: string, text: string) => string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-fuzz-'))
  try {
    return await use((name, text) => {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface CrlFacts {
  readonly der: string
  readonly serials: readonly string[]
}

/** What OpenSSL reads differently of CRLs that were accepted. It reads all of them in one process, where it can. */
export async function readCrls(seen: readonly Observation[]): Promise<readonly (string | undefined)[]> {
  const facts = seen.map((one) => (one.accepted ? (one.facts as CrlFacts) : undefined))
  const accepted = facts.filter((one) => one !== undefined)
  if (accepted.length === 0 || (await readsAlike(accepted))) return seen.map(() => undefined)
  const problems: (string | undefined)[] = []
  for (const one of facts) problems.push(one && (await crlProblem(one)))
  return problems
}

/** Whether OpenSSL reads CRLs, with the same serial numbers. Where there is no openssl, it does. */
async function readsAlike(crls: readonly CrlFacts[]): Promise<boolean> {
  const text = crls.map(({ der }) => encodePem(fromBase64(der), 'X509 CRL')).join('')
  const read = await withFolder((write) => openssl(['storeutl', '-noout', '-text', '-crls', write('all.pem', text)]))
  return read === undefined || isSame(read, crls)
}

async function crlProblem(one: CrlFacts): Promise<string | undefined> {
  const pem = encodePem(fromBase64(one.der), 'X509 CRL')
  const read = await withFolder((write) => openssl(['crl', '-noout', '-text', '-in', write('one.pem', pem)]))
  if (read === undefined || isSame(read, [one])) return undefined
  return read.code === 0 ? `OpenSSL has other serial numbers: ${serialsIn(read.output)}` : 'OpenSSL does not read it'
}

function isSame({ code, output }: Printed, crls: readonly CrlFacts[]): boolean {
  const ours = crls.flatMap(({ serials }) => serials.map(plain))
  return code === 0 && serialsIn(output).sort().join() === ours.sort().join()
}

function serialsIn(output: string): string[] {
  return Array.from(output.matchAll(/^ +Serial Number: (-?[0-9A-F]*)$/gm), ([, hex = '']) => plainHex(hex))
}

/** The number of content octets in two's complement, as OpenSSL prints it. */
function plain(hex: string): string {
  const value = BigInt.asIntN(hex.length * 4, BigInt(`0x${hex}`))
  return plainHex(value < 0n ? `-${(-value).toString(16)}` : value.toString(16))
}

function plainHex(hex: string): string {
  return hex.toUpperCase().replace(/^(-?)0+(?=.)/, '$1')
}
