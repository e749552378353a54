import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { HOSTNAME, type Pki, type PkiName } from './pki.ts'

/** What a client was answered: the status, and the code of the reason when it was refused. */
export interface Told {
  readonly status: number
  readonly code: string | undefined
}

/** Asks the protected host for `/`, through a real handshake with a client's certificate, or with none. */
export function ask(
  pki: Pki,
  address: { readonly host: string; readonly port: number },
  client?: PkiName,
): Promise<Told> {
  const files = client && pki.files(client)
  return new Promise((resolve, reject) => {
    const asking = request({
      ...address,
      agent: false,
      servername: HOSTNAME,
      headers: { host: `${HOSTNAME}:${address.port}` },
      ca: readFileSync(pki.files('root').certificate),
      ...(files && { cert: readFileSync(files.certificate), key: readFileSync(files.key) }),
    })
    asking.on('error', reject).end()
    asking.on('response', async (response) => {
      const body = await response.setEncoding('utf8').reduce((text: string, part: string) => text + part, '')
      resolve({ status: response.statusCode ?? 0, code: JSON.parse(body).reason?.code })
    })
  })
}
