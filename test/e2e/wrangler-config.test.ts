import { expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'

/** The configuration of the two Workers, as wrangler reads it from wrangler.toml. */

const read = (env?: string) =>
  unstable_readConfig({ config: 'wrangler.toml', ...(env === undefined ? {} : { env }) }, { hideWarnings: true })

it('the API has a cron trigger, which the gateway does not inherit', () => {
  expect(read().triggers.crons).toEqual(['*/5 * * * *'])
  expect(read('gateway').triggers.crons).toEqual([])
})
