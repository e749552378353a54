import { expect } from 'vitest'
import { normal, withoutPages } from '../model/conversation.ts'
import { Reference, type WireAnswer, type World } from '../model/model.ts'
import { NOW } from '../support/pki.ts'
import type { Run } from './interleavings.ts'
import { type Asked, type Material, recordOf, type Sent, settingsOf, WRITES, type WriteName } from './record.ts'

/** Writes that test/model knows. */
export const MODELLED: readonly WriteName[] = ['PUT', 'PUT of no hostname', 'DELETE', 'POST', 'settings']

/** What a run of requests one after the other answers, and the state after it, are what the model says. */
export function expectModelled(
  material: Material,
  names: readonly WriteName[],
  { fresh, order, answers, state }: Run,
): void {
  const { accountId, authorization, id, added } = fresh
  const model = new Reference(worldOf(material, fresh))
  const asks = ({ method, path, body }: Asked, newId: string): WireAnswer => {
    const headers = { authorization, 'content-type': 'application/json' }
    const text = typeof body === 'string' ? { body } : {}
    return model.answer({ method, target: path, headers, ...text, now: NOW, newId, throttled: false })
  }
  asks({ method: 'POST', path: `/client/v4/accounts/${accountId}/access/certificates`, body: added }, id)
  for (const request of order) {
    const { asked } = WRITES[names[request] ?? 'PUT']
    const answer = answers[request]
    expectSame(answer, asks(asked(fresh, material), resultId(answer)))
  }
  expectSame(state['record'], asks({ method: 'GET', path: recordOf(fresh) }, ''))
  if (names.includes('settings')) expectSame(state['settings'], asks({ method: 'GET', path: settingsOf(fresh) }, ''))
}

function expectSame(sent: Sent | undefined, said: WireAnswer): void {
  const { status, text } = sent ?? { status: 0, text: '{}' }
  const real = withoutPages({ status, headers: {}, body: JSON.parse(text) })
  expect(normal(real)).toEqual(normal({ ...said, headers: {} }))
}

const resultId = (sent: Sent | undefined): string => JSON.parse(sent?.text ?? '{}').result?.id ?? ''

function worldOf({ certificate, md5 }: Material, { accountId, zoneId, domain, authorization }: Run['fresh']): World {
  const notBefore = Date.parse('2025-01-01T00:00:00Z') / 1_000
  const notAfter = Date.parse('2035-01-01T00:00:00Z') / 1_000
  const credential = { id: accountId, email: undefined, active: true, notBefore: null, expiresOn: null }
  return {
    accounts: [{ id: accountId, quota: 50, enabled: true }],
    zones: [{ id: zoneId, account: accountId, domain, enabled: true }],
    credentials: [{ ...credential, secret: authorization.replace('Bearer ', ''), grants: { [accountId]: 'write' } }],
    pems: new Map([[certificate, { means: [{ md5, selfSigned: true, notBefore, notAfter }] }]]),
    hostnames: new Map([domain, `a.${domain}`].map((name) => [name, { means: name }])),
  }
}
