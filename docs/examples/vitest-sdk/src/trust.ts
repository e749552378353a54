import Cloudflare from 'cloudflare'

/** A root CA, and the hostnames whose clients it issues certificates to. */
export interface Root {
  readonly name: string
  readonly certificate: string
  readonly hostnames: string[]
}

/** Registers a root CA unless one of this name is there; returns its id. */
export async function trustRoot(client: Cloudflare, account_id: string, root: Root): Promise<string> {
  const found = await idOf(client, account_id, root.name)
  if (found !== undefined) return found
  const { name, certificate, hostnames } = root
  try {
    const body = { account_id, name, certificate, associated_hostnames: hostnames }
    const { id } = await client.zeroTrust.access.certificates.create(body)
    // The API always sends it, though the SDK's types do not say so.
    return id as string
  } catch (error) {
    // The SDK repeats a request whose answer got lost. The first one was carried out, so the second one meets what that stored.
    const stored = error instanceof Cloudflare.ConflictError ? await idOf(client, account_id, name) : undefined
    if (stored === undefined) throw error
    return stored
  }
}

/** Takes a root CA away. It must have no hostnames then, and Cloudflare needs some time to detach them: the SDK repeats a 409. */
export async function distrustRoot(client: Cloudflare, account_id: string, id: string): Promise<void> {
  const { certificates } = client.zeroTrust.access
  await certificates.update(id, { account_id, associated_hostnames: [] })
  await certificates.delete(id, { account_id })
}

async function idOf(client: Cloudflare, account_id: string, name: string): Promise<string | undefined> {
  for await (const certificate of client.zeroTrust.access.certificates.list({ account_id })) {
    if (certificate.name === name) return certificate.id
  }
  return undefined
}
