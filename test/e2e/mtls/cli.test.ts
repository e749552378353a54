import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { withDescendants } from '../../../scripts/cli/process-tree.ts'
import { api, curl, type Laptop, openRequest, startLaptop } from '../support/laptop.ts'
import { freePort, runScript, temporaryFolder } from '../support/server.ts'

/** Whether a process still runs. One that has ended stays a zombie until its parent reads its exit code. */
const runs = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

describe('npm run dev:mtls, as a command', () => {
  const folder = temporaryFolder()
  afterAll(() => folder.remove())

  it('has a help text', async () => {
    const run = await runScript('dev-mtls', ['--help'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    for (const option of [
      '--port N',
      '--api-port N',
      '--out DIR',
      '--ca FILE',
      '--hostname H',
      '--origin URL',
      '--help',
    ])
      expect(run.stdout).toContain(option)
  })

  it.each([
    ['a port that is not a number', ['--port', 'https'], /--port takes a whole number from 1 to 65535/],
    ['a port out of range', ['--api-port', '65536'], /--api-port takes a whole number from 1 to 65535/],
    ['one port for both', ['--port', '8444', '--api-port', '8444'], /--port and --api-port take two different ports/],
    ['an empty folder name', ['--out', ''], /--out takes the path of a folder/],
    [
      'an unknown option',
      ['--prot', '1'],
      /accepted options: --port, --api-port, --out, --ca, --hostname, --origin, --help/,
    ],
    ['a hostname without a CA', ['--hostname', 'a.test'], /--hostname and --origin belong to --ca/],
    ['an origin without a CA', ['--origin', 'http://127.0.0.1:1'], /--hostname and --origin belong to --ca/],
    ['a CA without a hostname', ['--ca', 'ca.pem'], /--ca needs --hostname H/],
    [
      'a CA that is not there',
      ['--ca', '/nowhere/ca.pem', '--hostname', 'a.test'],
      /ca\.pem cannot be read \(ENOENT\)/,
    ],
    ['an argument', ['good'], /accepted options/],
  ])('refuses %s', async (_, args, message) => {
    const run = await runScript('dev-mtls', args)
    expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  })

  it.each(['--port', '--api-port'])('refuses a %s that is in use, and leaves nothing behind', async (option) => {
    const port = await freePort()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    const out = join(folder.path, 'untouched')
    const free = [option === '--port' ? '--api-port' : '--port', `${await freePort()}`]
    const run = await runScript('dev-mtls', [option, `${port}`, ...free, '--out', out])
    other.close()
    const message = `error: port ${port} is taken; ${option} takes another one, from 1 to 65535\n`
    expect(run).toMatchObject({ code: 2, stderr: message })
    expect(existsSync(out)).toBe(false)
  })

  it('refuses a folder with other files, and changes nothing there', async () => {
    const out = temporaryFolder()
    writeFileSync(join(out.path, 'thesis.txt'), 'x')
    const ports = ['--port', `${await freePort()}`, '--api-port', `${await freePort()}`]
    const run = await runScript('dev-mtls', [...ports, '--out', out.path])
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/has other things in it/) })
    expect(readdirSync(out.path)).toEqual(['thesis.txt'])
    out.remove()
  })

  describe('run several times on one folder', () => {
    const out = join(folder.path, 'laptop')
    let first: Laptop
    let processes: readonly number[] = []

    it('makes a folder that git ignores and other users cannot enter', async () => {
      first = await startLaptop(out)
      expect(statSync(out).mode & 0o777).toBe(0o700)
      expect(statSync(join(out, 'state/tenant.json')).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(out, '.gitignore'), 'utf8')).toMatch(/^\*$/m)
      expect(first.output()).toMatch(/made just now: root, intermediate/)
    })

    it.skipIf(!existsSync('/proc/self/stat')).each(['SIGINT', 'SIGTERM'] as const)(
      'ends on %s with everything that it started, open connections or not',
      async (signal) => {
        const laptop = signal === 'SIGINT' ? first : await startLaptop(out)
        processes = withDescendants(laptop.pid)
        expect(processes.length).toBeGreaterThan(1)
        const waiting = openRequest(laptop, 'good', '/echo', { method: 'POST' })
        waiting.on('error', () => undefined).write('x')
        await once(waiting, 'response')
        await laptop.stop(signal)
        expect(processes.filter(runs)).toEqual([])
        await expect(fetch(`http://127.0.0.1:${laptop.apiPort}`)).rejects.toThrow()
        await expect(curl(laptop, 'good')).rejects.toThrow(/Failed to connect|refused/)
      },
    )

    it('uses the existing PKI and database, and restores the initial state', async () => {
      const before = await startLaptop(out)
      const good = readFileSync(join(out, 'good.pem'), 'utf8')
      const record = `/client/v4/accounts/${before.accountId}/access/certificates/${before.certificateId}`
      expect(await api(before, 'PUT', record, {})).toBe(200)
      expect(await api(before, 'DELETE', record)).toBe(200)
      await before.stop()
      const after = await startLaptop(out)
      expect(after.output()).toContain('as an earlier run left it')
      expect({ token: after.token, accountId: after.accountId }).toEqual({
        token: before.token,
        accountId: before.accountId,
      })
      expect(after.certificateId).not.toBe(before.certificateId)
      expect(readFileSync(join(out, 'good.pem'), 'utf8')).toBe(good)
      expect((await curl(after, 'good')).status).toBe(200)
      expect((await curl(after, 'revoked')).body.reason?.code).toBe('revoked')
      await after.stop()
    })

    it('repairs a run that was broken off before the database had its tenant', async () => {
      const tenant = join(out, 'state/tenant.json')
      const kept = readFileSync(tenant, 'utf8')
      rmSync(join(out, 'state'), { recursive: true })
      mkdirSync(join(out, 'state'))
      writeFileSync(tenant, kept)
      const laptop = await startLaptop(out)
      expect(kept).toContain(laptop.token)
      expect((await curl(laptop, 'good')).status).toBe(200)
      await laptop.stop()
    })

    it('registers a new CA in place of a missing one', async () => {
      rmSync(join(out, 'intermediate.key'))
      const laptop = await startLaptop(out)
      expect(laptop.output()).toContain('made just now: intermediate, good, expired, revoked')
      expect((await curl(laptop, 'good')).status).toBe(200)
      expect((await curl(laptop, 'revoked')).body.reason?.code).toBe('revoked')
      const list = await fetch(
        `http://127.0.0.1:${laptop.apiPort}/client/v4/accounts/${laptop.accountId}/access/certificates`,
        {
          headers: { authorization: `Bearer ${laptop.token}` },
        },
      )
      expect(((await list.json()) as { result: readonly unknown[] }).result).toHaveLength(1)
      await laptop.stop()
    })
  })
})
