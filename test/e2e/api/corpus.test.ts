import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROJECT } from '../../../scripts/wrangler/wrangler.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { encodePem } from '../../../src/x509/index.ts'
import { migratedFolder, type Server, startServer } from '../support/server.ts'
import { type UploadAnswer, uploader } from '../support/upload.ts'

/**
 * A folder of other people's certificates, with `expected.json`: per file what OpenSSL and Go do with it (1: parses).
 * It is not part of this repository; CERTIFICATE_CORPUS names it.
 */
const CORPUS = process.env['CERTIFICATE_CORPUS'] ?? ''

/** CPU that one upload may take, in ms (issue: corpus). Measured as the time of the answer, which includes it. */
const MAX_CPU_MS = 100

/** Which of three readers reads each file (`expected.json`). If two of them do, this service should read it too. */
const READERS = ['openssl', 'go', 'pyca'] as const

/**
 * Why a file that two of the three read is refused here: field and problem, with the row of docs/conformance.md,
 * "Certificates as CAs write them".
 */
const REFUSED_KINDS: readonly (readonly [reason: RegExp, row: string])[] = [
  [/^signatureAlgorithm differs/, 'a signatureAlgorithm other than tbsCertificate.signature, be it in parameters only'],
  [/^tbsCertificate\.extensions has \S+ twice$/, 'an extension twice, known or not'],
  [/^tbsCertificate\.version is \d, which has no extensions$/, 'extensions in version 1 or 2'],
  [
    /^(?:basicConstraints|keyUsage|extKeyUsage|nameConstraints|policyMappings|policyConstraints|inhibitAnyPolicy)\b/,
    'a malformed value of an extension that 6.1 decides by',
  ],
  [/\.subjectPublicKey\.modulus (?:is negative|an INTEGER that)/, 'an RSA modulus that is negative or padded'],
  [/^tbsCertificate\.validity\.\w+ is not in the form/, 'a time with an offset, or without seconds'],
  [/^certificate_too_large$/, 'more than 16 KiB'],
]

function toPem(file: string): string {
  const content = readFileSync(join(CORPUS, file))
  if (file.endsWith('.pem')) return content.toString('latin1')
  return encodePem(content)
}

function corpusFiles(): readonly string[] {
  return readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(?:der|pem)$/.test(file))
}

describe.skipIf(!existsSync(join(CORPUS, 'expected.json')))('the corpus of other people’s certificates', () => {
  const folder = migratedFolder()
  let server: Server
  let upload: (pem: string, name: string) => Promise<UploadAnswer>

  beforeAll(async () => {
    server = await startServer(folder.path)
    upload = await uploader(server)
  })
  afterAll(async () => {
    await server?.stop()
    folder.remove()
  })

  it('never makes the service fail or slow, and stores nothing that most readers refuse', async () => {
    const expected = expectations()
    const files = corpusFiles()
    const faults: string[] = []
    let stored = 0
    let slowest = { file: '', ms: 0 }
    for (const file of files) {
      const pem = toPem(file)
      const { status } = await upload(pem, file)
      if (isStored(status)) stored += 1
      faults.push(...judge(file, status, expected[file]))
      const ms = await timeOf(() => upload(pem, file))
      if (ms > slowest.ms) slowest = { file, ms }
      if (ms > MAX_CPU_MS) faults.push(`${file}: ${Math.round(ms)} ms`)
    }
    console.log(
      `corpus: ${files.length} files, ${stored} stored, ${files.length - stored} refused; slowest ${slowest.file}: ${slowest.ms.toFixed(1)} ms`,
    )
    expect(faults).toEqual([])
  })
})

describe.skipIf(!existsSync(join(CORPUS, 'expected.json')))('the reader, on that corpus', () => {
  it('reads nothing that all three refuse', () => {
    expect(readAll().filter(({ votes, refusal }) => votes === 0 && refusal === undefined)).toEqual([])
  })

  it('refuses what two of them read only for a reason in docs/conformance.md', () => {
    const table = readFileSync(join(PROJECT, 'docs/conformance.md'), 'utf8')
    for (const [, row] of REFUSED_KINDS) expect(table).toContain(`| ${row} | refused |`)
    const files = readAll()
    const refused = files.filter(({ votes, refusal }) => votes >= 2 && refusal !== undefined)
    const kindsOf = (refusal: string | undefined) => REFUSED_KINDS.filter(([reason]) => reason.test(refusal ?? ''))
    expect(refused.filter(({ refusal }) => kindsOf(refusal).length !== 1)).toEqual([])
    const used = new Set(refused.flatMap(({ refusal }) => kindsOf(refusal).map(([, row]) => row)))
    expect([...used].sort()).toEqual(REFUSED_KINDS.map(([, row]) => row).sort())
    console.log(
      `corpus: two of three read ${files.filter(({ votes }) => votes >= 2).length}, of those ${refused.length} refused`,
    )
  })
})

/** The entry of `expected.json` for one file. */
type Expectation = Readonly<Record<(typeof READERS)[number], number>> & { readonly go_error: string }

function expectations(): Readonly<Record<string, Expectation>> {
  return JSON.parse(readFileSync(join(CORPUS, 'expected.json'), 'utf8'))
}

/** Each file of `expected.json`, with the number of readers that read it, and why it is not read here. */
function readAll() {
  return Object.entries(expectations()).map(([file, expected]) => ({
    file,
    votes: votesFor(expected),
    refusal: refusalOf(file),
  }))
}

function votesFor(expected: Expectation): number {
  return READERS.filter((reader) => expected[reader] === 1).length
}

/** The first reason why a certificate of a file is not read; undefined if all are read. */
function refusalOf(file: string): string | undefined {
  const ders = [...toPem(file).matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END/g)].map(([, body = '']) =>
    readCertificate(new Uint8Array(Buffer.from(body, 'base64'))),
  )
  if (ders.length === 0) return 'no PEM'
  const refused = ders.find((read) => !read.ok)
  if (refused === undefined || refused.ok) return undefined
  const { error } = refused
  return error.reason === 'certificate_too_large' ? error.reason : `${error.field} ${error.problem}`
}

/** 409: another file of the corpus has the same content and was stored before. */
function isStored(status: number): boolean {
  return status === 201 || status === 409
}

/** What is wrong with the answer to one file. Files that `expected.json` does not list may be stored or refused. */
function judge(file: string, status: number, expected: Expectation | undefined): readonly string[] {
  if (!isStored(status) && status !== 400) return [`${file}: status ${status}`]
  const tooLax = isStored(status) && expected !== undefined && votesFor(expected) < 2
  return tooLax ? [`${file}: stored (Go: ${expected.go_error})`] : []
}

/** The shortest of up to five runs, in ms: whatever else the machine does makes a run longer, never shorter. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 5 && best > MAX_CPU_MS; attempt += 1) {
    const start = performance.now()
    await run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}
