import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { pem } from '../support/pki.ts'
import { makeChain } from './differential-chain.ts'
import { WITNESSES } from './differential-witnesses.ts'

const folder = mkdtempSync(join(tmpdir(), 'access-mtls-conformance-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SCRIPT = join(import.meta.dirname, '../../scripts/conformance.ts')

function conformance(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const command = ['--disable-warning=ExperimentalWarning', SCRIPT, ...args]
    execFile(process.execPath, command, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

function file(content: unknown): string {
  const path = join(folder, `${Math.random()}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const WITNESS = WITNESSES['one-path']
if (WITNESS === undefined) throw new Error('no such witness')
const { leaf, intermediates, anchors } = await makeChain({
  ...WITNESS,
  leaf: { extKeyUsage: 'server', names: ['dns:*.example.com', 'ip:192.0.2.1'] },
  cas: [{}, {}],
})

/** A case in x509-limbo's schema, from a chain that this verifier accepts. */
function limboCase(id: string, expected_result: string, more: object = {}) {
  return {
    id,
    validation_kind: 'SERVER',
    trusted_certs: anchors.map((der) => pem(der)),
    untrusted_intermediates: intermediates.map((der) => pem(der)),
    peer_certificate: pem(leaf),
    validation_time: '2026-06-01T00:00:00+00:00',
    extended_key_usage: ['serverAuth'],
    key_usage: [],
    expected_result,
    expected_peer_name: null,
    max_chain_depth: null,
    ...more,
  }
}

const peer = (kind: string, value: string) => ({ expected_peer_name: { kind, value } })

describe('npm run conformance', () => {
  it('decides other purposes, peer names and depths, and counts by tier', async () => {
    const testcases = [
      limboCase('s::serverAuth', 'SUCCESS', { tier: 'one' }),
      limboCase('s::clientAuth', 'FAILURE', { tier: 'one', extended_key_usage: ['clientAuth'] }),
      limboCase('s::anyPurpose', 'SUCCESS', { extended_key_usage: ['anyExtendedKeyUsage'] }),
      limboCase('s::noPurpose', 'SUCCESS', { extended_key_usage: [] }),
      limboCase('s::dns', 'SUCCESS', peer('DNS', 'A.example.com')),
      limboCase('s::dns-two-labels', 'FAILURE', peer('DNS', 'b.a.example.com')),
      limboCase('s::ip', 'SUCCESS', peer('IP', '192.0.2.1')),
      limboCase('s::other-ip', 'FAILURE', peer('IP', '192.0.2.2')),
      limboCase('s::email', 'FAILURE', peer('RFC822', 'a@example.com')),
      limboCase('s::depth-1', 'SUCCESS', { max_chain_depth: 1 }),
      limboCase('s::depth-0', 'FAILURE', { max_chain_depth: 0 }),
      limboCase('s::later', 'FAILURE', { validation_time: '2036-06-01T00:00:00+02:00' }),
    ]
    const { code, stdout } = await conformance(file({ version: 1, testcases }), '--json')
    expect(JSON.parse(stdout)).toEqual({
      cases: 12,
      agree: 12,
      falseAccepts: [],
      falseRejects: [],
      slowestMs: expect.any(Number),
      byTier: {
        one: { cases: 2, agree: 2, falseAccepts: [], falseRejects: [] },
        untiered: { cases: 10, agree: 10, falseAccepts: [], falseRejects: [] },
      },
    })
    expect(code).toBe(0)
  })

  it('exits with 1 if a case is neither as expected nor listed', async () => {
    const testcases = [limboCase('s::accept', 'FAILURE'), limboCase('s::reject', 'SUCCESS', { max_chain_depth: 0 })]
    const given = file({ version: 1, testcases })
    const json = await conformance(given, '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      agree: 0,
      falseAccepts: ['s::accept'],
      falseRejects: ['s::reject'],
    })
    const text = await conformance(given)
    expect(text.code).toBe(1)
    expect(text.stdout).toContain('0/2 agree (0 %), 1 false accepts, 1 false rejects')
    expect(text.stdout).toContain('false accept: s::accept')
    expect(text.stderr).toContain('error: s::accept: expected FAILURE, got SUCCESS')
  })

  it('--help lists the options', async () => {
    const { code, stdout } = await conformance('--help')
    expect(code).toBe(0)
    for (const word of ['--json', '--each', 'Exit code']) expect(stdout).toContain(word)
  })

  it.each([
    ['no file', [], /which file of cases\?/],
    ['a file that is not there', ['/nowhere.json'], /cannot read \/nowhere\.json/],
    ['two files', ['a', 'b'], /Unexpected argument 'b'[\s\S]*accepted options: --json/],
    ['an unknown option', ['a', '--jason'], /--jason[\s\S]*accepted options: --json, --each, --help/],
    ['a file that is not JSON', [file('{')], /cannot read/],
    [
      'a file of another version',
      [file({ version: 2, testcases: [] })],
      /accepted is a file with an object with "version": 1/,
    ],
    ['a case without certificates', [file({ version: 1, testcases: [{ id: 'a' }] })], /in case 1/],
    [
      'a case whose CRLs are not a list of texts',
      [file({ version: 1, testcases: [{ ...limboCase('a', 'SUCCESS'), crls: [1] }] })],
      /in case 1/,
    ],
  ])('refuses %s with 2, saying what is accepted', async (_rule, args, said) => {
    const { code, stderr } = await conformance(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(said)
  })
})
