import { snakeCase } from '../../src/core/snake-case.ts'
import { recordQuotas } from '../../src/store/operator-changes.ts'
import { selectAccountQuotas, setQuotas } from '../../src/store/provisioning.ts'
import { QUOTA_COLUMNS, type Quotas } from '../../src/store/quotas.ts'
import { wholeNumber } from '../cli/arguments.ts'
import { UsageError } from '../cli/usage-error.ts'
import { type DatabaseOptions, type Output, operator, readIdentified, target, write } from './command.ts'

/** More than 10 GB, all that a D1 database may have, has room for: an entry of a CRL takes 50 to 110 bytes. */
const MAX_QUOTA = 200_000_000

/** Each quota's option: `blockedSerials` is `--blocked-serials`. */
const OPTIONS = Object.keys(QUOTA_COLUMNS).map((name) => ({
  name,
  option: name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
}))

/** `account quota`: sets the quotas that are given, and shows all of them. */
export async function accountQuota(args: readonly string[]): Promise<Output> {
  const options = Object.fromEntries(OPTIONS.map(({ option }) => [option, { type: 'string' } as const]))
  const { values, id } = readIdentified('account quota', args, options)
  const given: DatabaseOptions & { readonly [option: string]: unknown } = values
  const limits = Object.fromEntries(
    OPTIONS.filter(({ option }) => typeof given[option] === 'string').map(({ name, option }) => [
      name,
      wholeNumber(`--${option}`, String(given[option]), 0, MAX_QUOTA),
    ]),
  )
  const change = Object.keys(limits).length === 0 ? [] : [recordQuotas(operator(), id, limits), setQuotas(id, limits)]
  const quotas = (await write(target(given), [...change, selectAccountQuotas(id)])).at(-1)?.[0]?.['quotas']
  if (typeof quotas !== 'string') throw new UsageError(`no account with id ${id}; "account list" shows them`)
  const shown = Object(snakeCase(JSON.parse(quotas) satisfies Quotas))
  const lines = Object.entries<Quotas[keyof Quotas]>(shown).map(
    ([name, { limit, used }]) => `${name}: ${used} of ${limit}`,
  )
  return { object: { id, quotas: shown }, text: lines.join('\n') }
}
