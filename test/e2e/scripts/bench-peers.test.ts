import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker } from '../../../scripts/bench/bundle.ts'
import { makeChain } from '../../../scripts/bench/chain.ts'
import { peersEntry } from '../../../scripts/bench/install-peers.ts'
import type { ClientChain } from '../../../scripts/bench/job.ts'
import { opensslVersion, withOpenssl } from '../../../scripts/bench/openssl.ts'
import { COMPATIBILITY_DATE, startMiniflare } from '../../../scripts/wrangler/bundle.ts'
import { PROJECT } from '../support/server.ts'

const sound = await makeChain('P-256')
const chains: readonly (readonly [string, boolean, ClientChain])[] = [
  ['a sound chain', true, sound],
  ['a leaf with a wrong signature', false, { ...sound, leaf: forged(sound.leaf) }],
  ['an intermediate with a wrong signature', false, { ...sound, intermediates: sound.intermediates.map(forged) }],
  ['a root of another key', false, { ...sound, root: (await makeChain('P-256')).root }],
]

/** Another signature of the same form: its last bit is the other one. */
function forged(der: string): string {
  const octets = Buffer.from(der, 'base64')
  octets.writeUInt8(octets.readUInt8(octets.length - 1) ^ 1, octets.length - 1)
  return octets.toString('base64')
}

describe.each([
  ['that need no packages', false, 2],
  ['of scripts/bench/peers, where they are installed', true, 3],
])('the peers of npm run bench %s', (_, all, count) => {
  const missing = all && !existsSync(join(PROJECT, 'scripts/bench/peers/node_modules/@peculiar/x509'))
  let started: { readonly miniflare: Miniflare; readonly url: URL }
  beforeAll(async () => {
    if (missing) return
    const { script } = await bundleWorker(peersEntry(all))
    const compatibilityFlags = ['nodejs_compat']
    started = await startMiniflare({ modules: true, script, compatibilityDate: COMPATIBILITY_DATE, compatibilityFlags })
  })
  afterAll(() => started?.miniflare.dispose())

  it.skipIf(missing).each(chains)('agree on %s: %s', async (_, accepted, chain) => {
    const answer = await fetch(new URL('/accepts', started.url), { method: 'POST', body: JSON.stringify({ chain }) })
    const decisions = (await answer.json()) as Readonly<Record<string, boolean>>
    expect(Object.values(decisions)).toEqual(Array.from({ length: count }, () => accepted))
  })
})

describe.skipIf(opensslVersion() === undefined)('openssl verify in npm run bench', () => {
  it.each(chains)('decides on %s: %s', async (_, accepted, chain) => {
    expect(await withOpenssl(chain, (verify) => verify(3))).toBe(accepted)
  })
})
