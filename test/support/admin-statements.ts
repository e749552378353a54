import { deleteUnused, selectUses } from '../../src/store/deprovisioning.ts'
import {
  recordAdded,
  recordCredential,
  recordCredentialDeletion,
  recordDeletion,
  recordEnabled,
  recordQuotas,
  recordRotation,
  recordStatus,
} from '../../src/store/operator-changes.ts'
import {
  deleteCredential,
  insertAccount,
  insertCredential,
  insertZone,
  rotateCredential,
  selectAccountQuotas,
  selectAccounts,
  selectCredentials,
  selectExpiry,
  selectZones,
  setCredentialStatus,
  setEnabled,
  setQuotas,
} from '../../src/store/provisioning.ts'
import type { Statement } from '../../src/store/statement.ts'
import { NOW } from './pki.ts'

/** The statements of an administrator's commands, by the function that makes them. */
export function adminStatements(): readonly (readonly [made: (...args: never[]) => unknown, Statement])[] {
  const id = '0'.repeat(32)
  const one = (made: (...args: never[]) => unknown, ...statements: readonly Statement[]) =>
    statements.map((statement) => [made, statement] as const)
  const credential = {
    id,
    kind: 'token',
    name: 'n',
    email: null,
    secretSha256: id + id,
    notBefore: null,
    expiresOn: null,
  } as const
  const grants = [
    { scope: { kind: 'accounts', id }, permission: 'read' },
    { scope: { kind: 'zones', id }, permission: 'read' },
  ] as const
  const operator = { name: 'me', now: NOW }
  return [
    ...one(recordAdded, recordAdded(operator, 'accounts', id), recordAdded(operator, 'zones', id)),
    ...one(recordDeletion, recordDeletion(operator, 'accounts', id), recordDeletion(operator, 'zones', id)),
    ...one(recordEnabled, recordEnabled(operator, 'accounts', id, true), recordEnabled(operator, 'zones', id, true)),
    ...one(recordQuotas, recordQuotas(operator, id, { crls: 1 })),
    ...one(recordCredential, recordCredential(operator, id, 'token')),
    ...one(recordStatus, recordStatus(operator, id, 'token', 'active')),
    ...one(recordRotation, recordRotation(operator, id, 'token', id + id)),
    ...one(recordCredentialDeletion, recordCredentialDeletion(operator, id, 'token')),
    ...one(insertAccount, insertAccount({ id, name: 'n', enabled: true, certificateQuota: 1 }, NOW)),
    ...one(insertZone, insertZone({ id, accountId: id, domain: 'a.example', enabled: true }, NOW)),
    ...one(insertCredential, ...insertCredential(credential, grants, NOW)),
    ...one(selectAccountQuotas, selectAccountQuotas(id)),
    ...one(setQuotas, setQuotas(id, { crls: 1 })),
    ...one(setEnabled, setEnabled('accounts', id, true), setEnabled('zones', id, true)),
    ...one(setCredentialStatus, setCredentialStatus(id, 'token', 'active')),
    ...one(deleteCredential, deleteCredential(id, 'token')),
    ...one(rotateCredential, rotateCredential(id, 'token', id + id, null, NOW)),
    ...one(selectExpiry, selectExpiry(id, 'token')),
    ...one(selectAccounts, selectAccounts()),
    ...one(selectZones, selectZones()),
    ...one(selectCredentials, selectCredentials('token')),
    ...one(selectUses, selectUses('accounts', id), selectUses('zones', id)),
    ...one(deleteUnused, deleteUnused('accounts', id), deleteUnused('zones', id)),
  ]
}
