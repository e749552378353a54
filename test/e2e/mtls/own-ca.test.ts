import { X509Certificate } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestCa, type TestCertificate, testCa } from '../../../src/testing/index.ts'
import { collect, freePort, runCommand, runScript, startScript, temporaryFolder } from '../support/server.ts'

const HOSTNAME = 'vpn.corp.test'
const folder = temporaryFolder()
const out = join(folder.path, 'out')
const received: IncomingHttpHeaders[] = []
let origin: Server
let first: { readonly ca: TestCa; readonly client: TestCertificate }
let second: typeof first

beforeAll(async () => {
  origin = createServer((request, response) => {
    received.push(request.headers)
    response.end('my origin')
  })
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  const pair = async (subject: string) => {
    const ca = await testCa({ subject })
    return { ca, client: await ca.issue() }
  }
  first = await pair('First')
  second = await pair('Second')
})
afterAll(() => {
  origin.close()
  folder.remove()
})

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder.path, name)
  writeFileSync(path, content)
  return path
}

/** A run with a CA: what its clients and others are answered. */
async function answers(caFile: string, clients: readonly (TestCertificate | undefined)[]) {
  const port = await freePort()
  const args = ['--port', `${port}`, '--api-port', `${await freePort()}`, '--out', out, '--ca', caFile]
  const onward = ['--hostname', HOSTNAME, '--origin', `http://127.0.0.1:${(origin.address() as AddressInfo).port}`]
  const child = startScript('dev-mtls', [...args, ...onward])
  const output = collect(child)
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => output.stdout.includes('Ctrl-C ends it.') && resolve())
    child.on('exit', () => reject(new Error(`it ended:\n${output.stdout}${output.stderr}`)))
  })
  try {
    const told: string[] = []
    for (const client of clients) {
      const key = client && ['--cert', file('client.pem', client.certificate), '--key', file('client.key', client.key)]
      const where = ['--resolve', `${HOSTNAME}:${port}:127.0.0.1`, '--cacert', join(out, 'gateway/ca.pem')]
      const run = await runCommand('curl', [
        '-s',
        '-S',
        '-w',
        ' %{http_code}',
        ...where,
        ...(key ?? []),
        `https://${HOSTNAME}:${port}/`,
      ])
      told.push(run.stdout)
    }
    return { told, printed: output.stdout }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

it('lets clients of the given CA in at the given hostname, on to the given origin, and nobody else', async () => {
  const ca = file('first.cer', new X509Certificate(first.ca.certificate).raw)
  const { told, printed } = await answers(ca, [first.client, second.client, undefined])
  expect(told).toEqual(['my origin 200', expect.stringMatching(/ 403$/), expect.stringMatching(/ 403$/)])
  expect(received.splice(0)).toMatchObject([{ 'client-cert': expect.any(String) }])
  expect(existsSync(join(out, 'good.pem'))).toBe(false)
  expect(printed).toContain('clients of the CA in first.cer get in')
})

it('takes another CA in place of that of an earlier run', async () => {
  const { told } = await answers(file('second.pem', second.ca.certificate), [first.client, second.client])
  expect(told).toEqual([expect.stringMatching(/ 403$/), 'my origin 200'])
})

it('ends with the words of the API where it refuses the CA, and leaves the earlier one', async () => {
  const ports = ['--port', `${await freePort()}`, '--api-port', `${await freePort()}`, '--out', out]
  const path = file('leaf.pem', first.client.certificate)
  const run = await runScript('dev-mtls', [...ports, '--ca', path, '--hostname', HOSTNAME])
  expect(run).toMatchObject({ code: 2, stdout: '' })
  expect(run.stderr).toMatch(/^error: --ca \S+leaf\.pem is refused by the API: 12130 /)
  const { told } = await answers(file('second.pem', second.ca.certificate), [second.client])
  expect(told).toEqual(['my origin 200'])
})
