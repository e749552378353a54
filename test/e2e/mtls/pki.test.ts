import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensurePki, type Pki, type PkiName } from '../../../scripts/dev-mtls/pki.ts'
import { runCommand, temporaryFolder } from '../support/server.ts'

const NOW = new Date('2026-06-01T12:00:00.123Z')
const daysLater = (days: number) => new Date(NOW.getTime() + days * 86_400_000)
const ALL = ['root', 'intermediate', 'foreign-root', 'server', 'good', 'expired', 'revoked', 'foreign']
const INSTALLED = (await runCommand('openssl', ['version']).catch(() => ({ code: 1 }))).code === 0

describe('the PKI of dev:mtls', () => {
  const folder = temporaryFolder()
  let pki: Pki
  const pem = (name: PkiName) => pki.files(name).certificate

  beforeAll(async () => {
    pki = await ensurePki(folder.path, NOW)
  })
  afterAll(() => folder.remove())

  it('is complete after the first run, with keys that only the user can read', () => {
    expect(pki.made).toEqual(ALL)
    for (const name of pki.made) {
      expect(statSync(pki.files(name).key).mode & 0o777, name).toBe(0o600)
      expect(readFileSync(pki.files(name).key, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
      expect(readFileSync(pem(name), 'utf8')).not.toContain('PRIVATE')
    }
  })

  it('is used again by the next run, with the same certificates', async () => {
    const before = readFileSync(pem('good'), 'utf8')
    const next = await ensurePki(folder.path, daysLater(80))
    expect(next.made).toEqual([])
    expect(readFileSync(pem('good'), 'utf8')).toBe(before)
    expect(before).toContain(next.identity('good').certificate)
  })

  const openssl = it.skipIf(!INSTALLED)
  const verify = async (name: PkiName, ...options: readonly string[]) => {
    const time = String(Math.floor(NOW.getTime() / 1_000))
    const trust = ['-CAfile', pem('root'), '-untrusted', pem('intermediate'), '-x509_strict', '-attime', time]
    const run = await runCommand('openssl', ['verify', ...trust, ...options, pem(name)])
    return run.code === 0 ? 'OK' : /error \d+ at 0 depth lookup: (.*)/.exec(run.stdout + run.stderr)?.[1]
  }

  openssl.each([
    ['server', ['-purpose', 'sslserver', '-verify_hostname', 'admin.mtls.test'], 'OK'],
    ['server', ['-purpose', 'sslserver', '-verify_hostname', 'localhost'], 'OK'],
    ['server', ['-purpose', 'sslserver', '-verify_ip', '127.0.0.1'], 'OK'],
    ['server', ['-purpose', 'sslclient'], 'unsuitable certificate purpose'],
    ['good', ['-purpose', 'sslclient'], 'OK'],
    ['good', ['-purpose', 'sslserver'], 'unsuitable certificate purpose'],
    ['revoked', ['-purpose', 'sslclient'], 'OK'],
    ['expired', ['-purpose', 'sslclient'], 'certificate has expired'],
    ['foreign', ['-purpose', 'sslclient'], 'unable to get local issuer certificate'],
  ] as const)('is to OpenSSL what it should be: %s %j is %s', async (name, options, expected) => {
    expect(await verify(name, ...options)).toBe(expected)
  })

  openssl('has CRLs that revoke one certificate and no other', async () => {
    const crls = `${folder.path}/crls.pem`
    const revoked = [pki.identity('revoked')]
    writeFileSync(crls, (await pki.ca('intermediate').crl({ revoked })) + (await pki.ca('root').crl()))
    const options = ['-crl_check_all', '-CRLfile', crls]
    expect(await verify('revoked', ...options)).toBe('certificate revoked')
    expect(await verify('good', ...options)).toBe('OK')
  })

  describe('replaces', () => {
    const laterPki = async (days: number) => (await ensurePki(folder.path, daysLater(days))).made

    it('a certificate that expires within a week, and nothing else', async () => {
      expect(await laterPki(82.9)).toEqual([])
      expect(await laterPki(83.1)).toEqual(['good', 'revoked', 'foreign'])
      expect(await laterPki(83.1)).toEqual([])
    })

    it('a missing file, or a key that does not belong to its certificate', async () => {
      rmSync(pem('good'))
      expect(await laterPki(83.1)).toEqual(['good'])
      writeFileSync(pki.files('good').key, readFileSync(pki.files('revoked').key))
      expect(await laterPki(83.1)).toEqual(['good'])
      writeFileSync(pem('good'), 'x')
      expect(await laterPki(83.1)).toEqual(['good'])
    })

    it('everything below a new CA', async () => {
      rmSync(pki.files('intermediate').key)
      expect(await laterPki(83.1)).toEqual(['intermediate', 'good', 'expired', 'revoked'])
      rmSync(pki.files('foreign-root').key)
      expect(await laterPki(83.1)).toEqual(['foreign-root', 'foreign'])
      expect(await laterPki(3_800)).toEqual(ALL)
    })

    it('a certificate that is not valid yet, after the clock was wrong', async () => {
      expect(await laterPki(0)).toEqual(ALL)
      expect(existsSync(pem('root'))).toBe(true)
    })
  })
})
