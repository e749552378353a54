import { env } from 'cloudflare:workers'
import type { Afterwards, CallOptions } from './api.ts'
import { get } from './family.ts'
import type { setUp } from './protected.ts'

export type Protected = Awaited<ReturnType<typeof setUp>>

/** Does what the gateway does after its answers. */
export async function settle(afterwards: Afterwards[]): Promise<void> {
  for (const { work } of afterwards.splice(0)) await work()
}

/** The path of a hostname's clients. */
export function clientsPath(
  { tenant, hostname }: Pick<Protected, 'tenant' | 'hostname'>,
  scope: 'accounts' | 'zones' = 'accounts',
) {
  return `/edge/v1/${scope}/${scope === 'accounts' ? tenant.accountId : tenant.zoneId}/hostnames/${hostname}/clients`
}

/** What the API says of the clients of a hostname. */
export async function clientsOf(protectedHost: Protected, query = '', options: CallOptions = {}) {
  const answer = await get(clientsPath(protectedHost) + query, protectedHost.tenant.authorization, options)
  if (answer.status !== 200) throw new Error(answer.text)
  return JSON.parse(answer.text)
}

/** The row of a hostname. */
export const hostnameRowOf = ({ hostname }: Pick<Protected, 'hostname'>) =>
  env.DB.prepare('SELECT * FROM client_hostnames WHERE hostname_ascii = ?1').bind(hostname).first()

/** The client's `reasons`, by code. */
export const codesOf = ({ result }: { readonly result: { readonly reasons: readonly { readonly code: string }[] } }) =>
  result.reasons.map(({ code }) => code)
