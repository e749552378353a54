import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rfc3339 } from '../../../src/core/rfc3339.ts'
import { migratedFolder, runCommand, type Server, startServer } from '../support/server.ts'
import { type UploadAnswer, uploader } from '../support/upload.ts'

/** Public roots that the contract refuses, by the first lines of their subject, each with the reason in the answer. */
const REFUSED: readonly (readonly [subject: RegExp, reason: RegExp])[] = []

const subjectOf = (pem: string) => new X509Certificate(pem).subject.replaceAll('\n', ', ')

/** The MD5 fingerprint and notAfter that OpenSSL prints; undefined without openssl. */
async function openssl(pem: string) {
  const args = ['x509', '-noout', '-fingerprint', '-md5', '-enddate']
  const { code, stdout } = await runCommand('openssl', args, pem).catch(() => ({ code: 127, stdout: '' }))
  if (code !== 0) return undefined
  const value = (key: RegExp) => key.exec(stdout)?.[1] ?? ''
  const notAfter = rfc3339(Date.parse(value(/^notAfter=(.*)$/m)) / 1_000)
  return { fingerprint: `MD5 Fingerprint=${value(/Fingerprint=(.*)$/m)}`, expires_on: notAfter }
}

const hasOpenssl = (await openssl(rootCertificates[0] ?? '')) !== undefined

describe('every public root that Node carries', () => {
  const folder = migratedFolder()
  let server: Server
  let upload: (pem: string, name: string) => Promise<UploadAnswer>

  beforeAll(async () => {
    server = await startServer(folder.path)
    upload = await uploader(server)
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  it.skipIf(!hasOpenssl)(
    'is registered with the fingerprint and notAfter of openssl, or refused for a named reason',
    async () => {
      const count = { registered: 0, refused: 0 }
      for (const pem of rootCertificates) {
        const subject = subjectOf(pem)
        const refusal = REFUSED.find(([pattern]) => pattern.test(subject))
        const answer = await upload(pem, subject.slice(0, 350))
        if (refusal === undefined) {
          expect(answer, subject).toMatchObject({ status: 201, result: await openssl(pem) })
          count.registered += 1
        } else {
          expect(answer, subject).toMatchObject({
            status: 400,
            errors: [{ message: expect.stringMatching(refusal[1]) }],
          })
          count.refused += 1
        }
      }
      console.log(`public roots: ${count.registered} registered, ${count.refused} refused`)
      expect(count.registered + count.refused).toBe(rootCertificates.length)
      // An entry that matches no root is stale.
      for (const [pattern] of REFUSED) expect(rootCertificates.some((pem) => pattern.test(subjectOf(pem)))).toBe(true)
    },
  )
})
