import { insertAccount, insertZone } from '../../src/store/provisioning.ts'
import { COMMON, now, type Output, target, write } from './admin-command.ts'
import { displayName, domainName, hexId, readArguments, wholeNumber } from './arguments.ts'
import { newId } from './secrets.ts'
import { UsageError } from './usage-error.ts'

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
  await write(target(values), [insertAccount(account, now())])
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
      disabled: { type: 'boolean' },
      id: { type: 'string' },
    },
    1,
  )
  if (values.account === undefined) throw new UsageError('zone add needs --account ID')
  const zone = {
    id: values.id === undefined ? newId() : hexId('--id', values.id),
    accountId: hexId('--account', values.account),
    domain: domainName(values.domain ?? positionals[0] ?? ''),
    enabled: values.disabled !== true,
  }
  await write(target(values), [insertZone(zone, now())])
  return {
    object: { id: zone.id, account_id: zone.accountId, domain: zone.domain, enabled: zone.enabled },
    text: `zone ${zone.id} (${zone.domain})`,
  }
}
