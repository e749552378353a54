import type { Tenant } from './tenants.ts'
import type { Workers } from './workers.ts'

/** The headers of a request with a JSON body, or none. */
export function jsonHeaders({ authorization }: Tenant): Readonly<Record<string, string>> {
  return { authorization, 'content-type': 'application/json' }
}

export function certificatesUrl(workers: Workers, { accountId }: Tenant): URL {
  return workers.url('api', `/client/v4/accounts/${accountId}/access/certificates`)
}

export function newCertificate(certificate: string, associated_hostnames: readonly string[]): string {
  return JSON.stringify({ name: 'bench', certificate, associated_hostnames })
}

/** Registers a root (PEM); returns its id. */
export async function register(
  workers: Workers,
  tenant: Tenant,
  certificate: string,
  hostnames: readonly string[],
): Promise<string> {
  const answer = await fetch(certificatesUrl(workers, tenant), {
    method: 'POST',
    headers: jsonHeaders(tenant),
    body: newCertificate(certificate, hostnames),
  })
  const text = await answer.text()
  if (answer.status !== 201) throw new Error(`a root was not registered: ${answer.status} ${text}`)
  const { result }: { result: { id: string } } = JSON.parse(text)
  return result.id
}
