import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePem } from '../../src/x509/index.ts'
import { type Figure, figureOf } from './figure.ts'
import type { ClientChain } from './job.ts'

const ARGUMENTS = ['verify', '-purpose', 'sslclient', '-no-CApath', '-no-CAstore', '-CAfile', 'root.pem']
/** Leaves of one process, for a tenth of a second's work. */
const LEAVES = 500

/** Undefined where there is no openssl, or none that knows all arguments: LibreSSL, and versions before 3. */
export function opensslVersion(): string | undefined {
  const { stdout } = spawnSync('openssl', ['version'], { encoding: 'utf8' })
  return /^OpenSSL ((?:[3-9]|\d\d)\.\S+)/.exec(stdout ?? '')?.[1]
}

/** Has one process of `openssl verify` decide on a leaf so many times: whether it accepted it each time. */
export type Verify = (times: number) => boolean

export async function withOpenssl<T>(chain: ClientChain, use: (verify: Verify) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-bench-'))
  const pem = (der: string) => encodePem(Buffer.from(der, 'base64'))
  try {
    writeFileSync(join(folder, 'root.pem'), pem(chain.root))
    writeFileSync(join(folder, 'untrusted.pem'), chain.intermediates.map(pem).join(''))
    writeFileSync(join(folder, 'leaf.pem'), pem(chain.leaf))
    return await use((times) => {
      const leaves = Array.from({ length: times }, () => 'leaf.pem')
      const args = [...ARGUMENTS, '-untrusted', 'untrusted.pem', ...leaves]
      return spawnSync('openssl', args, { cwd: folder, stdio: 'ignore' }).status === 0
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * What a leaf costs in a process that verifies many: a process with a single one is subtracted.
 * @param floor µs of the chain's signatures in workerd, measured now
 */
export function opensslFigure(
  version: string,
  chain: ClientChain,
  rounds: number,
  floor: () => Promise<number>,
): Promise<Figure> {
  return withOpenssl(chain, async (verify) => {
    const elapsedMs = (times: number) => {
      const start = performance.now()
      if (!verify(times)) throw new Error('the chain is refused: openssl verify')
      return performance.now() - start
    }
    const values: number[] = []
    const floors: number[] = []
    const steps = [
      async () => values.push(((elapsedMs(LEAVES + 1) - elapsedMs(1)) * 1_000) / LEAVES),
      async () => floors.push(await floor()),
    ]
    for (let round = 0; round < rounds; round += 1) {
      for (const step of steps) await step()
      steps.reverse()
    }
    return figureOf({
      section: 'peers: decision, nothing cached',
      name: `P-256, 1 root, openssl verify ${version}, CAs cached`,
      unit: 'µs',
      values,
      floor: { name: 'its 2 signatures', values: floors },
    })
  })
}
