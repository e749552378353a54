import { deleteUnused, selectUses } from '../../src/store/deprovisioning.ts'
import { recordAdded, recordDeletion, recordEnabled } from '../../src/store/operator-changes.ts'
import { insertAccount, insertZone, setEnabled } from '../../src/store/provisioning.ts'
import { displayName, domainName, hexId, readArguments, wholeNumber } from '../cli/arguments.ts'
import { newId } from '../cli/secrets.ts'
import { UsageError } from '../cli/usage-error.ts'
import { COMMON, type Command, now, type Output, operator, readIdentified, target, write } from './command.ts'
import { assertNoPublicSuffix } from './public-suffix.ts'

/** `account add` */
export async function accountAdd(args: readonly string[]): Promise<Output> {
  const { values, positionals } = readArguments(
    args,
    {
      ...COMMON,
      name: { type: 'string' },
      quota: { type: 'string' },
      disabled: { type: 'boolean' },
      id: { type: 'string' },
    },
    1,
  )
  const account = {
    id: values.id === undefined ? newId() : hexId('--id', values.id),
    name: displayName('--name', values.name ?? positionals[0] ?? ''),
    enabled: values.disabled !== true,
    certificateQuota: values.quota === undefined ? 50 : wholeNumber('--quota', values.quota, 0, 1_000_000),
  }
  await write(target(values), [insertAccount(account, now()), recordAdded(operator(), 'accounts', account.id)])
  return {
    object: { id: account.id, name: account.name, enabled: account.enabled, quota: account.certificateQuota },
    text: `account ${account.id}`,
  }
}

/** `zone add` */
export async function zoneAdd(args: readonly string[]): Promise<Output> {
  const { values, positionals } = readArguments(
    args,
    {
      ...COMMON,
      account: { type: 'string' },
      domain: { type: 'string' },
      'public-suffix': { type: 'boolean' },
      disabled: { type: 'boolean' },
      id: { type: 'string' },
    },
    1,
  )
  if (values.account === undefined) throw new UsageError('zone add needs --account ID')
  const domain = domainName(values.domain ?? positionals[0] ?? '')
  assertNoPublicSuffix(domain, values['public-suffix'] === true)
  const zone = {
    id: values.id === undefined ? newId() : hexId('--id', values.id),
    accountId: hexId('--account', values.account),
    domain,
    enabled: values.disabled !== true,
  }
  await write(target(values), [insertZone(zone, now()), recordAdded(operator(), 'zones', zone.id)])
  return {
    object: { id: zone.id, account_id: zone.accountId, domain: zone.domain, enabled: zone.enabled },
    text: `zone ${zone.id} (${zone.domain})`,
  }
}

const NOUNS = { accounts: 'account', zones: 'zone' } as const

/** `account enable`, `zone disable` and the like */
export function switchAccess(table: 'accounts' | 'zones', enabled: boolean): Command {
  const noun = NOUNS[table]
  const verb = enabled ? 'enable' : 'disable'
  return async (args) => {
    const { values, id } = readIdentified(`${noun} ${verb}`, args, {})
    const [, rows = []] = await write(target(values), [
      recordEnabled(operator(), table, id, enabled),
      setEnabled(table, id, enabled),
    ])
    if (rows.length === 0) throw unknown(noun, id)
    return { object: { id, enabled }, text: `${noun} ${id} is ${verb}d` }
  }
}

/** `account delete` and `zone delete`: only what nothing hangs on. */
export function deleteScope(table: 'accounts' | 'zones'): Command {
  const noun = NOUNS[table]
  return async (args) => {
    const { values, id } = readIdentified(`${noun} delete`, args, {})
    const [[uses = {}] = [], , deleted = []] = await write(target(values), [
      selectUses(table, id),
      recordDeletion(operator(), table, id),
      deleteUnused(table, id),
    ])
    if (deleted.length === 1) return { object: { id, deleted: true }, text: `${noun} ${id} is deleted` }
    const left = Object.entries(uses).filter(([, count]) => count !== 0)
    if (left.length === 0) throw unknown(noun, id)
    const what = left.map(([name, count]) => `${name.replaceAll('_', ' ')}: ${count}`).join(', ')
    throw new UsageError(
      `${noun} ${id} is in use (${what}). Delete these first: zones here, grants with their token or key ` +
        '("token list" and "key list" show them), all else through the API',
    )
  }
}

function unknown(noun: string, id: string): UsageError {
  return new UsageError(`no ${noun} with id ${id}; "${noun} list" shows them`)
}
