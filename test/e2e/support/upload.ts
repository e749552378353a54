import { admin, type Server } from './server.ts'

/** The answer to an upload. */
export interface UploadAnswer {
  readonly status: number
  readonly result: { readonly fingerprint: string; readonly expires_on: string } | null
  readonly errors: readonly { readonly code: number; readonly message: string }[]
}

/** Makes an account with room for everything, and returns a function that uploads one PEM to it. */
export async function uploader(server: Server): Promise<(pem: string, name: string) => Promise<UploadAnswer>> {
  const { id: accountId = '' } = await admin(server.persistTo, 'account', 'add', '--name', 'many', '--quota', '10000')
  const { token = '' } = await admin(
    server.persistTo,
    ...['token', 'create', '--account', accountId, '--permission', 'write'],
  )
  return async (pem, name) => {
    const response = await fetch(`${server.origin}/client/v4/accounts/${accountId}/access/certificates`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ certificate: pem, name }),
    })
    const body = (await response.json()) as Omit<UploadAnswer, 'status'>
    return { status: response.status, result: body.result, errors: body.errors }
  }
}
