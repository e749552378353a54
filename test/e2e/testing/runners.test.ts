import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withDescendants } from '../../../scripts/cli/process-tree.ts'
import { PROJECT, runCommand, temporaryFolder } from '../support/server.ts'

/** Another project that has the package installed, with workerd as its one dependency. */
const folder = temporaryFolder()
const installed = `${folder.path}/node_modules/access-mtls`

beforeAll(() => {
  mkdirSync(installed, { recursive: true })
  cpSync(`${PROJECT}/package.json`, `${installed}/package.json`)
  cpSync(`${PROJECT}/dist`, `${installed}/dist`, { recursive: true })
  for (const dependency of ['workerd', '@cloudflare']) {
    symlinkSync(`${PROJECT}/node_modules/${dependency}`, `${folder.path}/node_modules/${dependency}`)
  }
})
afterAll(() => folder.remove())

const write = (name: string, text: string): string => {
  writeFileSync(`${folder.path}/${name}`, text)
  return `${folder.path}/${name}`
}

/** Adds a certificate; the status of the answer. */
const POST = `
const post = async (service, ca) => {
  const response = await fetch(service.url + '/accounts/' + service.accountId + '/access/certificates', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + service.token, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'x', certificate: ca.certificate }),
  })
  return response.status
}
`

describe('startAccessMtls runs', () => {
  it('in node --test', async () => {
    const file = write(
      'suite.test.mjs',
      `import { after, before, beforeEach, test } from 'node:test'
import assert from 'node:assert/strict'
import { startAccessMtls, testCa } from 'access-mtls/testing'
${POST}
const ca = await testCa()
let service
before(async () => { service = await startAccessMtls() })
beforeEach(() => service.reset())
after(() => service.stop())
for (const title of ['one', 'another']) test(title, async () => assert.equal(await post(service, ca), 201))
`,
    )
    const run = await runCommand(process.execPath, ['--test', file])
    expect(run, run.stdout + run.stderr).toMatchObject({ code: 0 })
    expect(run.stdout).toMatch(/pass 2\b/)
  })

  it('in CommonJS, in another realm, as jest loads it', async () => {
    const file = write(
      'realm.cjs',
      `const { createContext, runInContext } = require('node:vm')
const { readFileSync } = require('node:fs')
const { dirname } = require('node:path')
const filename = require.resolve('access-mtls/testing')
// As in jest-environment-node: Object, Array, Date, Error and Promise are those of the realm, and what only Node has is Node's.
const realm = createContext({ filename })
const own = new Set(runInContext('Object.getOwnPropertyNames(globalThis)', realm))
const node = Object.getOwnPropertyNames(globalThis).filter((name) => !own.has(name))
for (const name of [...node, 'console']) Object.defineProperty(realm, name, { value: globalThis[name] })
const load = runInContext('(function (require, module, exports, __filename, __dirname) {' + readFileSync(filename, 'utf8') + '\\n})', realm, { filename })
const module_ = { exports: {} }
load(require('node:module').createRequire(filename), module_, module_.exports, filename, dirname(filename))
realm.testing = module_.exports
runInContext(\`(async () => {
  ${POST}
  const service = await testing.startAccessMtls({ now: new Date(1893456000000), gateway: { origin: () => new Response('origin') } })
  const ca = await testing.testCa()
  const status = await post(service, ca)
  const refused = await service.setTime('soon').catch((error) => error instanceof TypeError)
  const unprotected = await service.gateway.fetch('https://a.example.com/')
  console.log(filename.endsWith('.cjs'), status, refused, unprotected.status)
  await service.stop()
})()\`, realm)
`,
    )
    const run = await runCommand(process.execPath, [file])
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: 'true 201 true 403\n' })
  })

  it('without keeping its process alive, and without an answer getting lost', async () => {
    const file = write(
      'forgets.mjs',
      `import { startAccessMtls } from 'access-mtls/testing'
const service = await startAccessMtls()
await service.reset()
console.log('the end')
`,
    )
    const run = await runCommand(process.execPath, [file])
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: 'the end\n' })
  })

  it('until its process is killed: then neither Node nor workerd is left', async () => {
    const file = write(
      'killed.mjs',
      `import { startAccessMtls } from 'access-mtls/testing'
const services = await Promise.all([1, 2].map(() => startAccessMtls({ gateway: { origin: () => new Response() } })))
console.log(services.map(({ url }) => new URL(url).port).join(' '))
setInterval(() => {}, 1000)
`,
    )
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ports = await once(createInterface(child.stdout), 'line')
    expect(String(ports).split(' ')).toHaveLength(2)
    const [test, ...below] = withDescendants(child.pid ?? 0)
    // Of each service, a process of Node and one of workerd.
    expect([test, below.length]).toEqual([child.pid, 4])
    child.kill('SIGKILL')
    await expect.poll(() => below.filter(isRunning), { timeout: 30_000 }).toEqual([])
  })
})

/** Whether a process is there, and not only its exit code, for which its new parent has not asked. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !existsSync('/proc/self/stat') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
