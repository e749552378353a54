import { readFileSync } from 'node:fs'
import type { ClientRequest } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { join } from 'node:path'
import { collect, freePort, type Run, runCommand, startScript } from './server.ts'

export const HOSTNAME = 'admin.mtls.test'

/** A running `npm run dev:mtls`, and what it printed. */
export interface Laptop {
  readonly port: number
  readonly apiPort: number
  readonly out: string
  readonly pid: number
  readonly output: () => string
  readonly accountId: string
  readonly token: string
  readonly certificateId: string
  /** The printed curl of each client with its printed answer, by the comment above it. */
  readonly curls: ReadonlyMap<string, { readonly promised: string; readonly command: string }>
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** `npm run dev:mtls` on free ports, ready. */
export async function startLaptop(out: string): Promise<Laptop> {
  const port = await freePort()
  const apiPort = await freePort()
  const child = startScript('dev-mtls', ['--port', `${port}`, '--api-port', `${apiPort}`, '--out', out])
  const output = collect(child)
  const text = () => output.stdout + output.stderr
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => output.stdout.includes('Ctrl-C ends it.') && resolve())
    child.on('exit', () => reject(new Error(`npm run dev:mtls ended:\n${text()}`)))
  })
  const find = (pattern: RegExp): string => {
    const found = pattern.exec(text())?.[1]
    if (found === undefined) throw new Error(`no ${pattern} in:\n${text()}`)
    return found
  }
  const printed = text().matchAll(/^# (.+): (\d.*)\n(curl .*)$/gm)
  return {
    port,
    apiPort,
    out,
    pid: child.pid ?? 0,
    output: text,
    accountId: find(/the account ([0-9a-f]{32})/),
    token: find(/the token (\S+)/),
    certificateId: find(/as ([0-9a-f-]{36})\./),
    curls: new Map([...printed].map(([, who = '', promised = '', command = '']) => [who, { promised, command }])),
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}

/** An answer of the protected host. */
export interface Answer {
  readonly status: number
  /** Of the origin, or of the gateway. */
  readonly body: {
    readonly method?: string
    readonly path?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly reason?: { readonly code: string }
  }
}

/** The files of a client of the PKI, as options. */
export const client = (laptop: Laptop, name: string) => ({
  certificate: join(laptop.out, `${name}.pem`),
  key: join(laptop.out, `${name}.key`),
})

/** Sends a request with curl, in its own handshake. */
export async function curl(laptop: Laptop, name: string | undefined, ...options: readonly string[]): Promise<Answer> {
  const { certificate, key } = client(laptop, name ?? '')
  const resolve = ['--resolve', `${HOSTNAME}:${laptop.port}:127.0.0.1`, '--cacert', join(laptop.out, 'root.pem')]
  const identity = name === undefined ? [] : ['--cert', certificate, '--key', key]
  const format = ['--silent', '--show-error', '--write-out', '\n%{http_code}']
  const url = `https://${HOSTNAME}:${laptop.port}/`
  return answerOf(await runCommand('curl', [...resolve, ...identity, ...format, ...options, url]))
}

/** Reads what curl printed: a body and, on the last line, the status. */
export function answerOf(run: Run): Answer {
  const lines = run.stdout.split('\n')
  const status = Number(lines.pop())
  if (run.code !== 0) throw new Error(`curl ended with ${run.code}: ${run.stderr}`)
  return { status, body: JSON.parse(lines.join('\n')) }
}

/** Begins a request with the certificate of a client, or with none. */
export function openRequest(
  laptop: Laptop,
  name: string | undefined,
  path: string,
  options: RequestOptions = {},
): ClientRequest {
  const files = name === undefined ? undefined : client(laptop, name)
  return request({
    host: '127.0.0.1',
    port: laptop.port,
    path,
    servername: HOSTNAME,
    ca: readFileSync(join(laptop.out, 'root.pem')),
    ...(files && { cert: readFileSync(files.certificate), key: readFileSync(files.key) }),
    agent: false,
    ...options,
    headers: { host: `${HOSTNAME}:${laptop.port}`, ...options.headers },
  })
}

/** Sends exactly `request` with `openssl s_client`. */
export async function sClient(laptop: Laptop, options: readonly string[], request: string): Promise<Answer> {
  const run = await handshake(laptop, [...options, '-quiet'], request)
  const [, status = '', body = ''] = /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\n\r\n([\s\S]*)/m.exec(run.stdout) ?? []
  const json = body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)
  return { status: Number(status), body: JSON.parse(json === '' ? '{}' : json) }
}

/** The whole output of `openssl s_client` for a handshake and what follows it. */
export function handshake(laptop: Laptop, options: readonly string[], request: string): Promise<Run> {
  const connect = ['-connect', `127.0.0.1:${laptop.port}`, '-servername', HOSTNAME, '-ign_eof']
  const trust = ['-CAfile', join(laptop.out, 'root.pem'), '-verify_return_error']
  return runCommand('openssl', ['s_client', ...connect, ...trust, ...options], request)
}

/** A request as it goes over the wire, with these further header lines. */
export function get(laptop: Laptop, ...lines: readonly string[]): string {
  const head = ['GET / HTTP/1.1', `Host: ${HOSTNAME}:${laptop.port}`, ...lines]
  if (!lines.some((line) => /^connection:/i.test(line))) head.push('Connection: close')
  return `${head.join('\r\n')}\r\n\r\n`
}

/** Calls the API with the printed token; returns the status. */
export async function api(laptop: Laptop, method: string, path: string, body?: object): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${laptop.apiPort}${path}`, {
    method,
    headers: { authorization: `Bearer ${laptop.token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  await response.text()
  return response.status
}
