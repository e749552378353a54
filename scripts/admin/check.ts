import { ApiRefusal } from '../cli/api-client.ts'
import { moment, readArguments } from '../cli/arguments.ts'
import { printable, shortened, table } from '../cli/printable.ts'
import { UsageError } from '../cli/usage-error.ts'
import { type ClientFile, readClientFiles } from './client-files.ts'
import type { Output } from './command.ts'
import { type Connection, connect, SERVER_OPTIONS } from './server.ts'

/** Most characters of a subject and of a reason in the table; --json has all of them. */
const SUBJECT_CHARACTERS = 40
const REASON_CHARACTERS = 100

/** What the API says of a client. */
interface Decision {
  readonly accepted: boolean
  readonly code: string
  readonly at: string | undefined
  readonly message: string
  readonly suggestion: string
}

/** The answer to POST …/verify, as far as it is needed. */
interface Verified {
  readonly accepted: boolean
  readonly at: string
  readonly code?: string
  readonly message?: string
  readonly suggestion?: string
}

/** `check`: who of some clients gets in at a hostname. */
export async function check(args: readonly string[]): Promise<Output> {
  const options = { ...SERVER_OPTIONS, hostname: { type: 'string' }, at: { type: 'string' } } as const
  const { values, positionals } = readArguments(args, options, 1)
  const { hostname, at } = values
  const [path = ''] = positionals
  if (path === '') throw new UsageError('check needs the path of a folder with certificates of clients, or of one file')
  if (hostname === undefined) throw new UsageError('check needs --hostname H')
  moment('--at', at)
  const { clients, others } = readClientFiles(path)
  const notChecked = others.map(({ file, why }) => `not checked: ${file} (${why})`)
  if (clients.length === 0) {
    throw new UsageError([`${path} has no certificate of a client`, ...notChecked].map(printable).join('\n'))
  }
  const connection = await connect(values)
  const decided: (ClientFile & Decision)[] = []
  for (const client of clients) decided.push({ ...client, ...(await decide(connection, { hostname, at }, client)) })
  const refused = decided.filter(({ accepted }) => !accepted).length
  if (refused > 0) process.exitCode = 1
  const time = decided.find((one) => one.at !== undefined)?.at ?? at
  const rows = decided.map(({ file, chainFile, subject, code, message }) => [
    chainFile === undefined ? file : `${file} + ${chainFile}`,
    shortened(subject, SUBJECT_CHARACTERS),
    code,
    shortened(message, REASON_CHARACTERS),
  ])
  const sum = `${hostname}${time === undefined ? '' : ` at ${time}`}: ${clients.length - refused} get in, ${refused} do not`
  return {
    object: { hostname, at: time ?? null, clients: decided.map(shown), not_checked: others },
    text: [
      table([['FILE', 'SUBJECT', 'DECISION', 'REASON'], ...rows]),
      '',
      ...[sum, ...notChecked].map(printable),
    ].join('\n'),
  }
}

async function decide(
  { api, edge }: Connection,
  asked: { readonly hostname: string; readonly at: string | undefined },
  { certificate, chain }: ClientFile,
): Promise<Decision> {
  try {
    const { result } = await api.send<Verified>('POST', `${edge}/verify`, { ...asked, certificate, chain })
    const { accepted, at, code = 'accepted', message = '', suggestion = '' } = result
    return { accepted, at, code, message, suggestion }
  } catch (error) {
    // What cannot be read as a certificate lets nobody in. Any other refusal is about all of them.
    const isOfFile = (pointer = '') => pointer === '/certificate' || pointer === '/chain'
    if (!(error instanceof ApiRefusal) || error.status !== 400) throw error
    if (!error.errors.every(({ source }) => isOfFile(source?.pointer))) throw error
    const message = error.errors.map((one) => one.message.replace(/^access\.api\.error\.\w+: /, '')).join('; ')
    return { accepted: false, at: undefined, code: 'unreadable', message, suggestion: '' }
  }
}

function shown({ file, chainFile, subject, accepted, code, message, suggestion }: ClientFile & Decision) {
  return { file, chain: chainFile ?? null, subject, accepted, code, ...(!accepted && { message, suggestion }) }
}
