import { relative } from 'node:path'
import type { Api } from './api.ts'
import type { Told } from './ask.ts'
import { CLIENT_NAMES, HOSTNAME, type Pki } from './pki.ts'
import type { Tenant } from './tenant.ts'

/** All that is printed once everything answers. */
export interface Greeting {
  readonly host: string
  readonly port: number
  readonly pki: Pki
  /** The file of smuggled headers. */
  readonly smuggled: string
  /** What each client was told a moment ago. */
  readonly told: ReadonlyMap<string, Told>
  readonly api: Api
  readonly tenant: Tenant
  readonly certificateId: string
  readonly folder: string
  readonly persistTo: string
}

/** Who is who, a curl for each with what it is answered, and how to change that through the API. */
export function greeting(given: Greeting): string {
  const { host, port, pki, smuggled, told, api, tenant, certificateId, folder, persistTo } = given
  const curl = `curl --resolve ${HOSTNAME}:${port}:${host} --cacert ${shownPath(pki.files('root').certificate)}`
  const url = `https://${HOSTNAME}:${port}/`
  const clients = CLIENT_NAMES.map((name) => {
    const { certificate, key } = pki.files(name)
    return `# ${name}: ${answer(told.get(name))}\n${curl} --cert ${shownPath(certificate)} --key ${shownPath(key)} ${url}`
  })
  const none = answer(told.get('none'))
  const bearer = `-H 'Authorization: Bearer ${tenant.token}'`
  const record = api.url('access', `certificates/${certificateId}`)
  const serial = pki.identity('good').serialNumber
  const made = pki.made.length === 0 ? 'as an earlier run left it' : `made just now: ${pki.made.join(', ')}`
  return `
${HOSTNAME} is protected on https://${host}:${port}; it is behind the gateway, with a real TLS handshake before it.
The PKI is in ${shownPath(folder)} (${made}).

${clients.join('\n\n')}

# no certificate: ${none}
${curl} ${url}

# no certificate, but headers that claim one: ${none}
${curl} --header @${shownPath(smuggled)} ${url}

The API is on ${api.origin}/client/v4, with the account ${tenant.accountId} and the token ${tenant.token}
It has the root and the intermediate as ${certificateId}. What you change there counts here within 10 seconds:

# block the serial number of good (DELETE lets it in again)
curl -X PUT ${bearer} ${api.url('edge', `certificates/${certificateId}/blocked_serials/${serial}`)}

# take the hostname away from the CA, so that it can be removed; the next start puts it back
curl -X PUT ${bearer} -H 'Content-Type: application/json' -d '{}' ${record}
curl -X DELETE ${bearer} ${record}

More accounts, zones and tokens: npm run admin -- --persist-to ${shownPath(persistTo)} …
Ctrl-C ends it.
`
}

function answer(told: Told | undefined): string {
  if (told === undefined) return 'not asked'
  return told.code === undefined ? `${told.status}` : `${told.status} ${told.code}`
}

/** A path as short as it can be written where npm was called. */
export function shownPath(path: string): string {
  const short = relative(process.env['INIT_CWD'] ?? '.', path)
  const shorter = short.startsWith('..') ? path : short
  return /^[\w@%+=:,./-]+$/.test(shorter) ? shorter : `'${shorter.replaceAll("'", "'\\''")}'`
}
