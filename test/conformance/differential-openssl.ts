import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bytes } from '../../src/testing/der.ts'
import { NOW, pem } from '../support/pki.ts'
import type { Chain } from './differential-chain.ts'

/** What OpenSSL says of a chain. */
export interface OpensslVerdict {
  readonly accepted: boolean
  /** The text of its error. */
  readonly error: string
}

/** Number of processes at once, for a machine with two cores. */
const AT_ONCE = 3

/** `openssl verify -purpose sslclient`, one process for each chain: the command takes one set of anchors per run. */
export class Openssl {
  readonly #folder = mkdtempSync(join(tmpdir(), 'access-mtls-openssl-'))

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  /** @param flags further options, such as -x509_strict */
  async verify(chains: readonly Chain[], flags: readonly string[] = []): Promise<readonly OpensslVerdict[]> {
    const verdicts: OpensslVerdict[] = []
    const left = chains.entries()
    // All workers share one iterator, so a free worker takes the next chain. Each worker has its own files.
    const work = async (_: unknown, worker: number) => {
      for (const [index, chain] of left) verdicts[index] = await this.#verify(chain, flags, worker)
    }
    await Promise.all(Array.from({ length: AT_ONCE }).map(work))
    return verdicts
  }

  async #verify(
    { leaf, intermediates, anchors }: Chain,
    flags: readonly string[],
    worker: number,
  ): Promise<OpensslVerdict> {
    const file = (kind: string, certificates: readonly Bytes[]) => {
      const path = join(this.#folder, `${worker}-${kind}.pem`)
      writeFileSync(path, certificates.map((der) => pem(der)).join(''))
      return path
    }
    const args = [
      'verify',
      '-purpose',
      'sslclient',
      '-partial_chain',
      '-attime',
      String(NOW),
      '-no-CApath',
      '-no-CAstore',
    ]
    args.push('-CAfile', file('anchors', anchors), ...flags)
    if (intermediates.length > 0) args.push('-untrusted', file('untrusted', intermediates))
    args.push(file('leaf', [leaf]))
    const { code, output } = await run(args)
    const error = /error (?:\d+ at \d+ depth lookup: )?(.*)/.exec(output)?.[1] ?? output.trim()
    return { accepted: code === 0, error: code === 0 ? '' : error }
  }
}

/** The output of `openssl version`; undefined without openssl. */
export async function opensslVersion(): Promise<string | undefined> {
  const { code, output } = await run(['version']).catch(() => ({ code: 127, output: '' }))
  return code === 0 ? output.trim() : undefined
}

function run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    execFile('openssl', [...args], (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ code: Number(error?.code ?? 0), output: `${stdout}\n${stderr}` })
    })
  })
}
