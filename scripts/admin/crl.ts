import { describeCrl } from '../../src/registry/crls/fault-text.ts'
import { displayName } from '../../src/x509/certificate/name.ts'
import { decodeCrls } from '../../src/x509/crl/decode-crl.ts'
import { readCrl } from '../../src/x509/crl/read-crl.ts'
import { readArguments } from '../cli/arguments.ts'
import { isDer, readFile } from '../cli/file.ts'
import { printable, table } from '../cli/printable.ts'
import { UsageError } from '../cli/usage-error.ts'
import type { Output } from './command.ts'
import { type Connection, connect, SERVER_OPTIONS } from './server.ts'

/** Largest body of the PUT of CRLs, in bytes (`src/registry/crls/api.ts`). */
const MAX_CRL_FILE_BYTES = 48 * 1_024 * 1_024

interface StoredCrl {
  readonly issuer: string
  readonly number: string | null
  readonly next_update: string
  readonly entries: number
}

interface ListedRecord {
  readonly id: string
  readonly name: string
  readonly certificates: readonly { readonly subject: string }[]
}

/** `crl push` */
export async function crlPush(args: readonly string[]): Promise<Output> {
  const options = { ...SERVER_OPTIONS, certificate: { type: 'string' } } as const
  const { values, positionals } = readArguments(args, options, 1)
  const [file = ''] = positionals
  if (file === '') throw new UsageError('crl push needs the path of a file with CRLs')
  const octets = readFile(file, MAX_CRL_FILE_BYTES)
  const issuers = issuersOf(file, octets)
  const connection = await connect(values)
  const { api, edge } = connection
  const record = values.certificate === undefined ? await findRecord(connection, issuers) : { id: values.certificate }
  const body = { type: isDer(octets) ? 'application/pkix-crl' : 'application/x-pem-file', octets }
  const path = `${edge}/certificates/${encodeURIComponent(record.id)}/crl`
  const { result, messages } = await api.send<readonly StoredCrl[]>('PUT', path, body)
  const taken = 'name' in record ? ` ${record.name}, which has the issuer of the CRL` : ''
  const rows = result.map(({ issuer, number, next_update, entries }) => [
    issuer,
    number === null ? '' : `number ${number}`,
    `${entries} revoked`,
    `until ${next_update}`,
  ])
  const notes = messages.map(({ code, message }) => printable(`note ${code}  ${message}`))
  const lines = [printable(`certificate ${record.id}${taken}`), table(rows), ...notes]
  return { object: { certificate_id: record.id, crls: result, messages }, text: lines.join('\n') }
}

/** The issuers of the CRLs of a file, each once. What cannot be read is not sent. */
function issuersOf(file: string, octets: Uint8Array): readonly string[] {
  const blocks = decodeCrls(octets)
  if (!blocks.ok) throw new UsageError(`${file} ${describeCrl(blocks.error)}`)
  const crls = blocks.value.crls.map(readCrl)
  return [
    ...new Set(
      crls.map((crl) => {
        if (!crl.ok) throw new UsageError(`${file} ${describeCrl(crl.error)}`)
        return displayName(crl.value.issuer)
      }),
    ),
  ]
}

/** Most characters of the filter `subject` (`src/registry/certificate-details/rules.ts`). */
const MAX_SUBJECT_CHARACTERS = 256

/** The one record of the scope that has certificates with the names of all issuers. The API proves that they signed the CRLs. */
async function findRecord({ api, edge }: Connection, issuers: readonly string[]): Promise<ListedRecord> {
  const [first = ''] = issuers
  const filter = [...first].slice(0, MAX_SUBJECT_CHARACTERS).join('')
  const listed = await api.all<ListedRecord>(`${edge}/certificates?subject=${encodeURIComponent(filter)}`)
  const records = listed.filter(({ certificates }) =>
    issuers.every((issuer) => certificates.some(({ subject }) => subject === issuer)),
  )
  const [found, ...others] = records
  const names = issuers.map(printable).join(' and ')
  if (found === undefined) {
    throw new UsageError(`no certificate here is ${names}, which issued the CRL: add that CA, or give --certificate ID`)
  }
  if (others.length === 0) return found
  const all = records.map(({ id, name }) => `\n  --certificate ${id}  ${printable(name)}`).join('')
  throw new UsageError(`several certificates have ${names}, which issued the CRL; name one:${all}`)
}
