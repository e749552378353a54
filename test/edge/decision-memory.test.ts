import { describe, expect, it } from 'vitest'
import type { AsciiHostname } from '../../src/core/units.ts'
import { decideClient, newEdge, plainDecision } from '../../src/edge/decision.ts'
import type { HostnameFacts } from '../../src/edge/hostname-sql.ts'
import { IdentityRules } from '../../src/edge/identity-rules.ts'
import { NOTHING_REVOKED } from '../../src/x509/path/revocation/revocation.ts'
import { ambientAt, facts } from '../support/known-hostname.ts'
import { NOW } from '../support/pki.ts'
import { type Issued, issue, issueLeaf } from '../support/x509/chain.ts'
import { block, certificateOf } from '../support/x509/revocations.ts'

/** For whom an earlier decision holds, and for whom not. */

const T = NOW * 1_000
const root = await issue({ cn: 'root' })
const another = await issue({ cn: 'another root' })
const ada = await issueLeaf(root, { cn: 'ada' })
const bob = await issueLeaf(root, { cn: 'bob' })

interface Hostname extends Partial<HostnameFacts> {
  readonly id?: string
  readonly by?: Issued
}

/** An edge that knows these hostnames, and the look-ups of revocation that it made, by the leaf. */
function edgeOf(hostnames: Readonly<Record<string, Hostname>>, blocked: readonly Issued[] = []) {
  const lookUps: number[] = []
  const leaves = [ada, bob].map((one) => certificateOf(one).der.toString())
  const edge = newEdge(
    {
      load: async ({ ascii }) => {
        const { id = 'record', by = root, ...more } = hostnames[ascii] ?? {}
        return { facts: facts(more), records: [{ id, uncovered: 'allow', chain: [{ der: by.der, isAnchor: true }] }] }
      },
      lookUp: async (_, [leaf]) => {
        lookUps.push(leaves.indexOf(String(leaf?.der)))
        // Only what is asked for, like the database.
        const own = blocked.filter(({ der }) => String(der) === String(leaf?.der)).map((one) => block(one))
        return { ...NOTHING_REVOKED, blocked: own, cas: new Map([['record', [certificateOf(root)]]]) }
      },
    },
    { maxAgeSeconds: 10, staleIfErrorSeconds: 0 },
  )
  const decide = async (ascii: string, { der }: Issued, nowMs = T) => {
    const ambient = { ...ambientAt(nowMs), logError: (cause: unknown) => expect.fail(String(cause)) }
    const presented = { ok: true, value: { leaf: der, chain: [] } } as const
    return plainDecision(await decideClient(edge, ascii as AsciiHostname, presented, ambient))
  }
  return { decide, lookUps }
}

describe('a leaf that was let in', () => {
  it('is remembered at all hostnames with the same records', async () => {
    const { decide } = edgeOf({ 'a.example': {}, 'b.example': {} })
    expect(await decide('a.example', ada)).toMatchObject({ accepted: true, cached: false })
    expect(await decide('b.example', ada)).toMatchObject({ accepted: true, cached: true })
    expect(await decide('b.example', bob)).toMatchObject({ accepted: true, cached: false })
  })

  it('is a stranger at a hostname of other records, also under the same version', async () => {
    const { decide } = edgeOf({ 'a.example': {}, 'b.example': { id: 'other', by: another } })
    expect(await decide('a.example', ada)).toMatchObject({ accepted: true })
    expect(await decide('b.example', ada)).toMatchObject({ accepted: false, code: 'no_issuer' })
  })

  it('is decided on anew under another version, by what was revoked since', async () => {
    const blocked: Issued[] = []
    const hostnames = { 'a.example': { version: '1', revocable: true } }
    const { decide, lookUps } = edgeOf(hostnames, blocked)
    expect(await decide('a.example', ada)).toMatchObject({ accepted: true, cached: false })
    blocked.push(ada)
    expect(await decide('a.example', ada, T + 1)).toMatchObject({ accepted: true, cached: true })
    hostnames['a.example'].version = '2'
    expect(await decide('a.example', ada, T + 10_000)).toMatchObject({ accepted: false, code: 'blocked' })
    expect(lookUps).toEqual([0, 0])
  })

  it('is not let in by the identity rules of another hostname with the same records', async () => {
    const rules = (name: string) => ({ identities: new IdentityRules(JSON.stringify([{ common_name: name }])) })
    const { decide } = edgeOf({ 'a.example': rules('ada'), 'b.example': rules('bob'), 'c.example': {} })
    for (const cached of [false, true]) {
      expect(await decide('c.example', ada)).toMatchObject({ accepted: true, cached })
      expect(await decide('a.example', ada)).toMatchObject({ accepted: true, cached })
      expect(await decide('b.example', ada)).toMatchObject({ accepted: false, code: 'identity_not_allowed' })
      expect(await decide('b.example', bob)).toMatchObject({ accepted: true, cached })
    }
  })
})

describe('the revocation of a path', () => {
  it('is looked up once for each path, so that nobody is let in by what is known of another', async () => {
    const { decide, lookUps } = edgeOf({ 'a.example': { revocable: true } }, [bob])
    expect(await decide('a.example', ada)).toMatchObject({ accepted: true })
    for (const at of [T, T + 1, T + 2])
      expect(await decide('a.example', bob, at)).toMatchObject({ accepted: false, code: 'blocked' })
    expect(lookUps).toEqual([0, 1])
  })

  it('is not looked up where nothing can be revoked', async () => {
    const { decide, lookUps } = edgeOf({ 'a.example': {} }, [ada])
    expect(await decide('a.example', ada)).toMatchObject({ accepted: true })
    expect(lookUps).toEqual([])
  })
})
