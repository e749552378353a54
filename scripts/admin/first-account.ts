import { recordAdded, recordCredential } from '../../src/store/operator-changes.ts'
import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
import type { Statement } from '../../src/store/statement.ts'
import { newId, newToken, yearAfter } from '../cli/secrets.ts'
import { operator } from './command.ts'

/** What a deployment needs before its first request. */
export interface FirstAccount {
  /** All of it, or nothing, with the changes on record: a token without its account would be of no use. */
  readonly statements: readonly Statement[]
  /** Lines for the person who is to have the token. It is nowhere else. */
  readonly text: string
}

/** An account, its zone if there is to be one, and a token that can write. */
export async function firstAccount(name: string, domain: string | undefined): Promise<FirstAccount> {
  const who = operator()
  const account = { id: newId(), name, enabled: true, certificateQuota: 50 }
  const zones = domain === undefined ? [] : [{ id: newId(), accountId: account.id, domain, enabled: true }]
  const token = await newToken()
  const credential = {
    id: newId(),
    kind: 'token' as const,
    name: 'first deployment',
    email: null,
    secretSha256: token.sha256,
    notBefore: null,
    expiresOn: yearAfter(who.now),
  }
  return {
    statements: [
      insertAccount(account, who.now),
      recordAdded(who, 'accounts', account.id),
      ...zones.flatMap((zone) => [insertZone(zone, who.now), recordAdded(who, 'zones', zone.id)]),
      ...insertCredential(credential, [{ scope: { kind: 'accounts', id: account.id }, permission: 'write' }], who.now),
      recordCredential(who, credential.id, credential.kind),
    ],
    text: [
      `  account  ${account.id} (${name})`,
      ...zones.map((zone) => `  zone     ${zone.id} (${zone.domain})`),
      `  token    ${token.text} (shown once; it expires in a year)`,
    ].join('\n'),
  }
}
