/** `npm run deploy`: the database with its schema, both Workers, and what a first request needs. */
import { selectAccounts } from '../src/store/provisioning.ts'
import { write } from './admin/command.ts'
import { firstAccount } from './admin/first-account.ts'
import { assertNoPublicSuffix } from './admin/public-suffix.ts'
import { displayName, domainName, readArguments } from './cli/arguments.ts'
import { runMain, UsageError } from './cli/usage-error.ts'
import { cloudflare } from './deploy/cloudflare.ts'
import { type Place, StepError } from './deploy/place.ts'
import { readPlan } from './deploy/plan.ts'
import { rehearsal } from './deploy/rehearsal.ts'
import { execute } from './wrangler/database.ts'

const HELP = `npm run deploy -- [options]

Deploys to your Cloudflare account, with wrangler's login or CLOUDFLARE_API_TOKEN:

  1. creates the database that wrangler.toml names, unless it is there
  2. applies the migrations that it lacks
  3. deploys the API
  4. deploys the gateway, if [env.gateway] of wrangler.toml has routes
  5. on the first deployment, makes an account and a token, and prints them once

Options:
  --zone DOMAIN    give the first account this zone
  --public-suffix  the zone is a domain under which others register names, and it is yours
  --name NAME      name the first account (default "First account")
  --gateway        deploy the gateway also without routes: they are set in the dashboard
  --dry-run        go through all of it on this machine: nothing is changed, and no login is needed
  --help           this text

After a failure, run the same command again: what is done is not done twice. docs/deploy.md has every step.`

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), {
    zone: { type: 'string' },
    'public-suffix': { type: 'boolean' },
    name: { type: 'string' },
    gateway: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) return console.log(HELP)
  const name = displayName('--name', values.name ?? 'First account')
  const domain = values.zone === undefined ? undefined : domainName(values.zone)
  if (domain !== undefined) assertNoPublicSuffix(domain, values['public-suffix'] === true)
  const isDryRun = values['dry-run'] === true
  const plan = readPlan(values.gateway === true)
  const place = isDryRun ? rehearsal(plan) : cloudflare(plan)
  const { database } = plan
  await step('Cloudflare account', () => place.login())
  await step(`database ${database.name}`, () => place.database())
  await step('migrations', () => place.migrations())
  await step('API', () => place.worker(''))
  await step('gateway', async () => {
    if (plan.gatewayHasRoutes || values.gateway === true) return place.worker('gateway')
    return 'left out: [env.gateway] of wrangler.toml has no routes (docs/deploy.md)'
  })
  await step('first account', () => provision(place, name, domain, isDryRun))
})

/** Says what is done now, and then what came of it. */
async function step(title: string, run: () => Promise<string>): Promise<void> {
  process.stdout.write(`${title}: `)
  try {
    console.log(await run())
  } catch (error) {
    console.log('failed')
    if (!(error instanceof StepError)) throw error
    throw new UsageError(`${error.message}\n\nNothing after this step was done. Run the same command again.`)
  }
}

/** Makes an account with a zone and a token where there is no account yet. */
async function provision(place: Place, name: string, domain: string | undefined, isDryRun: boolean): Promise<string> {
  const [accounts = []] = await execute(place.target, [selectAccounts()])
  if (accounts.length > 0) {
    return `is there already. Tokens are shown once; make another with:
  npm run admin -- token create --remote --permission write --account ${accounts[0]?.['id']}`
  }
  // What CI prints is kept, and more people read it than should have the token.
  if (isSet(process.env['CI']) && !isDryRun) {
    return `left out, for its token would be in the log of this CI. Run npm run deploy on your own machine once`
  }
  const { statements, text } = await firstAccount(name, domain)
  await write(place.target, statements)
  return isDryRun ? 'would be made, with a token' : `made for you\n${text}`
}

/** As CI systems set `CI`. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0'
}
