import { basename } from 'node:path'
import { displayName, readArguments } from '../cli/arguments.ts'
import { readCertificates } from '../cli/file.ts'
import { printable } from '../cli/printable.ts'
import { UsageError } from '../cli/usage-error.ts'
import type { Output } from './command.ts'
import { connect, SERVER_OPTIONS } from './server.ts'

interface AddedRecord {
  readonly id: string
  readonly name: string
  readonly associated_hostnames: readonly string[]
  readonly expires_on: string
}

/** `ca add` */
export async function caAdd(args: readonly string[]): Promise<Output> {
  const options = {
    ...SERVER_OPTIONS,
    hostname: { type: 'string', multiple: true },
    name: { type: 'string' },
  } as const
  const { values, positionals } = readArguments(args, options, 1)
  const [file = ''] = positionals
  if (file === '') throw new UsageError('ca add needs the path of a file with the CA')
  if (values.hostname === undefined) throw new UsageError('ca add needs --hostname H, at least one')
  const certificate = readCertificates(file)
  const name = displayName('--name', values.name ?? basename(file))
  const { api, access } = await connect(values)
  const body = { name, certificate, associated_hostnames: values.hostname }
  const { result, messages } = await api.send<AddedRecord>('POST', `${access}/certificates`, body)
  const lines = [
    `certificate  ${result.id}`,
    `name         ${result.name}`,
    `hostnames    ${result.associated_hostnames.join(', ')}`,
    `expires      ${result.expires_on}`,
    ...messages.map(({ code, message }) => `note ${code}   ${message}`),
  ]
  return { object: { ...result, messages }, text: lines.map(printable).join('\n') }
}
