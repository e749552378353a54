import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { parseHostname } from '../../src/core/hostname.ts'
import { UsageError } from './usage-error.ts'

/** Where `wrangler dev` keeps its data unless told otherwise. */
export const DEFAULT_STATE = '.wrangler/state'

/** parseArgs with refusals that name what is accepted. */
export function readArguments<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O, positionals = 0) {
  const accepted = Object.keys(options)
    .map((name) => `--${name}`)
    .join(', ')
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: positionals > 0, strict: true })
    const extra = parsed.positionals[positionals]
    if (extra !== undefined) throw new Error(`Unexpected argument '${extra}'`)
    return parsed
  } catch (error) {
    const said = error instanceof Error ? error.message.split('. To specify')[0] : String(error)
    throw new UsageError(`${said}\naccepted options: ${accepted}`)
  }
}

/**
 * The words of a command line that are neither options nor their values, as positions: an option takes the next word, unless it has its
 * value after `=` or is a flag.
 * @param flags the options that take no value
 */
export function wordPositions(args: readonly string[], flags: ReadonlySet<string>): readonly number[] {
  const words: number[] = []
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? ''
    if (!arg.startsWith('-')) words.push(at)
    else if (!arg.includes('=') && !flags.has(arg)) at += 1
  }
  return words
}

/** A folder as the user wrote it: relative to where npm was called, not to the project, as the default is. */
export function folder(path: string | undefined, option = '--persist-to', fallback = DEFAULT_STATE): string {
  if (path === '') throw new UsageError(`${option} takes the path of a folder`)
  return path === undefined ? resolve(fallback) : userPath(path)
}

/** A path as the user wrote it. */
export function userPath(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? '.', path)
}

/** The origin of a server: `http://host:port`, without a path. */
export function httpOrigin(option: string, value: string): URL {
  const url = URL.parse(value)
  if (url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url
  throw new UsageError(`${option} takes http://host[:port] or https://host[:port], and nothing else`)
}

export function hexId(option: string, value: string): string {
  if (!/^[0-9a-f]{32}$/.test(value)) throw new UsageError(`${option} takes an id of 32 lower-case hex digits`)
  return value
}

export function wholeNumber(option: string, value: string, min: number, max: number): number {
  const parsed = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (!(parsed >= min && parsed <= max)) throw new UsageError(`${option} takes a whole number from ${min} to ${max}`)
  return parsed
}

export function ipAddress(option: string, value: string): string {
  if (isIP(value) === 0) throw new UsageError(`${option} takes an IP address such as 0.0.0.0`)
  return value
}

export function oneOf<T extends string>(option: string, value: string, accepted: readonly T[]): T {
  const found = accepted.find((word) => word === value)
  if (found === undefined) throw new UsageError(`${option} takes one of: ${accepted.join(', ')}`)
  return found
}

/** A moment as Unix seconds. With a zone: a local time would mean another moment elsewhere. `or` is what else it takes. */
export function moment(option: string, value: string | undefined, or = ''): number | null {
  if (value === undefined) return null
  const milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN
  if (Number.isNaN(milliseconds)) throw new UsageError(`${option} takes a time such as 2027-01-31T00:00:00Z${or}`)
  return Math.floor(milliseconds / 1000)
}

/** A display name: the lengths that the table allows. */
export function displayName(option: string, value: string): string {
  const characters = [...value].length
  if (characters < 1 || characters > 350 || value.includes('\0')) {
    throw new UsageError(`${option} takes 1 to 350 characters`)
  }
  return value
}

/** The domain of a zone in A-label form. */
export function domainName(value: string): string {
  const parsed = parseHostname(value)
  if (!parsed.ok)
    throw new UsageError(`${JSON.stringify(value)} is not a domain; accepted is a name such as example.com`)
  return parsed.value
}

export function emailAddress(value: string | undefined): string {
  if (value === undefined || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) {
    throw new UsageError('--email takes an address such as ops@example.com')
  }
  return value.toLowerCase()
}
