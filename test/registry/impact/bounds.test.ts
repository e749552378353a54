import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { sha256Hex } from '../../../src/core/sha256.ts'
import { addClients, type NotedClient } from '../../../src/edge/clients/sql.ts'
import { assess } from '../../../src/registry/impact/assess.ts'
import { withMode } from '../../../src/registry/modes/rules.ts'
import { sha256 } from '../../../src/x509/index.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { NOW } from '../../support/pki.ts'
import { client, setUp } from '../../support/protected.ts'

/** What a dry run costs where many clients were seen. */

const CLIENTS = 1_000

it('1,000 clients take two signatures each, and a few round trips', { timeout: 120_000 }, async () => {
  const { tenant, hostname, root } = await setUp('impact-bounds.example')
  const owned = { account: tenant.accountId, zone: tenant.zoneId, hostname }
  const keys = (await client(root)).keys
  for (let from = 0; from < CLIENTS; from += 200) {
    const leaves = await Promise.all(
      Array.from({ length: 200 }, (_, i) => client(root, { cn: `client ${from + i}`, keys })),
    )
    const clients: NotedClient[] = []
    const certificates = []
    for (const { der } of leaves) {
      const hash = await sha256(der)
      certificates.push({ account: tenant.accountId, sha256: hash, der: der.toHex(), own: true })
      const times = { accepted: 1, acceptedAt: NOW, refused: 0, refusedAt: undefined, firstAt: NOW }
      const facts = {
        own: true,
        subject: '',
        issuer: '',
        notAfter: NOW,
        anchor: undefined,
        refusal: undefined,
        chain: '',
      }
      clients.push({ ...owned, ...times, ...facts, client: hash })
    }
    await addClients(
      env.DB,
      { hostnames: [{ ...owned, own: 0, strangers: 0 }], clients, certificates, anchors: [] },
      NOW,
    )
  }
  const { db, calls } = countingDatabase(env.DB)
  const claim = {
    credential: { kind: 'token', secretSha256: await sha256Hex(tenant.authorization.replace('Bearer ', '')) },
    scope: { kind: 'accounts', id: tenant.accountId },
    permission: 'write',
    now: NOW,
  } as const
  const mode = { hostname, mode: 'required', identities: '[{"common_name":"client 1"}]' } as const
  const assessed = await assess(db, claim, { hostnames: [hostname], change: (ground) => withMode(ground, mode) })
  if (!assessed.ok) throw new Error(assessed.error.reason)
  const { evaluated, changed, notEvaluated, signatures } = assessed.value
  expect({ evaluated, notEvaluated, signatures }).toEqual({
    evaluated: CLIENTS,
    notEvaluated: [],
    signatures: 2 * CLIENTS,
  })
  expect(changed).toHaveLength(CLIENTS - 1)
  // Who asks, the hostname, its mode, its clients, and their certificates 250 at a time.
  expect(calls.length).toBe(8)
})
