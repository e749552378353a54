import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROJECT, runCommand, temporaryFolder } from '../support/server.ts'

/** The questions of docs/guides/read-the-log.md, as a reader would paste them. */

const PAGE = readFileSync(join(PROJECT, 'docs/guides/read-the-log.md'), 'utf8')
const [, QUESTIONS = ''] = PAGE.split('## Questions\n')
const SHELL = [...QUESTIONS.matchAll(/^(.+)\n\n```sh\n([\s\S]*?)```$/gm)].map(([, question = '', command = '']) => ({
  question,
  command,
}))
const [setUp, ...questions] = SHELL

const hasJq = await runCommand('jq', ['--version']).then(
  ({ code }) => code === 0,
  () => false,
)

const NOW = new Date().toISOString()
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString()
const request = {
  time: NOW,
  level: 'info',
  event: 'request',
  request_id: 'ray-1',
  method: 'GET',
  status: 200,
  d1_calls: 1,
}
const API = [
  { ...request, operation: 'GET access/certificates', credential_id: 'reader' },
  {
    ...request,
    method: 'PUT',
    operation: 'PUT access/certificates/{certificate_id}',
    scope: 'zones/z',
    certificate_id: 'c',
    credential_id: 'writer',
  },
  { ...request, method: 'POST', operation: 'POST verify', credential_id: 'reader' },
  {
    ...request,
    method: 'PUT',
    operation: 'PUT certificates/{certificate_id}/crl',
    status: 400,
    d1_calls: 9,
    duration_ms: 70,
  },
  {
    ...request,
    method: 'DELETE',
    status: 401,
    code: 10000,
    address: '192.0.2.7',
    operation: 'DELETE access/certificates',
  },
  {
    ...request,
    level: 'error',
    event: 'internal_error',
    status: 500,
    request_id: 'ray-500',
    cause: 'Error: x\n    at y',
  },
  { time: NOW, level: 'info', event: 'job', operation: 'sweep_leftovers', d1_calls: 5 },
]
const refused = {
  time: NOW,
  level: 'info',
  event: 'client_refused',
  hostname: 'admin.example.com',
  address: '192.0.2.9',
}
const GATEWAY = [
  {
    ...refused,
    subject: 'CN=eve',
    code: 'no_issuer',
    message: 'no CA',
    reference: '6f1c3f0e-8d5b-4a53-9a51-0d9f8a4c1b11',
  },
  { ...refused, code: 'no_certificate', message: 'none' },
  { ...refused, time: YESTERDAY, subject: 'CN=yesterday', code: 'expired', message: 'late' },
  { ...refused, hostname: 'other.example.com', subject: 'CN=elsewhere', code: 'expired', message: 'late' },
  { ...refused, event: 'client_would_be_refused', subject: 'CN=soon', code: 'expired' },
  { ...refused, event: 'client_accepted', subject: 'CN=a', revocation_covered: true, path: [{ serial_number: '0a' }] },
  { ...refused, event: 'client_accepted', subject: 'CN=b', revocation_covered: false, path: [{ serial_number: '0b' }] },
]

/** For each question, what the answer has, and what it has not. */
const EXPECTED: Readonly<Record<string, readonly [has: readonly RegExp[], not: readonly RegExp[]]>> = {
  'Who was refused at a hostname today, and why?': [
    [/CN=eve\t192\.0\.2\.9\tno_issuer\tno CA/, /no certificate\t192\.0\.2\.9\tno_certificate/],
    [/yesterday|elsewhere|CN=a/],
  ],
  'What is behind a reference that a client tells you?': [[/"subject": "CN=eve"/], [/no_certificate/]],
  'Which certificates come in without revocation being covered?': [[/1 admin\.example\.com\tCN=b\t0b/], [/CN=a/]],
  'Whom will mode `report` refuse when it ends?': [[/1 admin\.example\.com\tCN=soon\texpired/], [/eve/]],
  'Which credential changed what?': [
    [/writer\tPUT access\/certificates\/\{certificate_id\}\tzones\/z\tc/],
    [/reader|crl|DELETE/],
  ],
  'Which requests took more than 3 calls of D1?': [
    [/^9\t70\tPUT certificates\/\{certificate_id\}\/crl\tray-1$/m],
    [/sweep/],
  ],
  'From which addresses do credentials fail?': [[/1 192\.0\.2\.7\tunknown/], [/reader/]],
  'What went wrong?': [[/internal_error\tray-500\tError: x\\n/], [/job/]],
}

it('has questions, and an answer to each is expected here', () => {
  expect(questions.map(({ question }) => question)).toEqual(Object.keys(EXPECTED))
})

describe.skipIf(!hasJq)('jq answers:', () => {
  const folder = temporaryFolder()
  const inFolder = (command: string, input = '') => runCommand('bash', ['-c', `cd ${folder.path}\n${command}`], input)
  const inLines = (entries: readonly object[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')

  beforeAll(() => {
    writeFileSync(join(folder.path, 'api.log'), inLines(API))
    writeFileSync(join(folder.path, 'gateway.log'), inLines(GATEWAY))
  })
  afterAll(() => folder.remove())

  it.each(questions)('$question', async ({ question, command }) => {
    const { code, stdout, stderr } = await inFolder(command)
    expect([code, stderr]).toEqual([0, ''])
    const [has = [], not = []] = EXPECTED[question] ?? []
    for (const pattern of has) expect(stdout).toMatch(pattern)
    for (const pattern of not) expect(stdout).not.toMatch(pattern)
  })

  it('the lines of `wrangler tail` alone, whatever else a Worker logs', async () => {
    const filter = /jq (--unbuffered -c '[^']+')/.exec(setUp?.command ?? '')?.[1]
    const tail = (message: readonly unknown[]) =>
      JSON.stringify({ outcome: 'ok', logs: [{ message, level: 'log', timestamp: 1 }], exceptions: [] }, null, 2)
    const input = [tail([JSON.stringify(API[0])]), tail(['no JSON', { an: 'object' }, 7]), tail([])].join('\n')
    const { code, stdout } = await inFolder(`jq ${filter}`, input)
    expect([code, stdout]).toEqual([0, inLines([API[0] ?? {}])])
  })
})
