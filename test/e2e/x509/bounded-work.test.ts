import { describe, expect, it } from 'vitest'
import { findJsonFault } from '../../../src/web/json-fault.ts'
import { decodeCertificates, decodePem, privateKeyIn } from '../../../src/x509/text/index.ts'

/** The longest text in a request, in characters (`web/body.ts`). */
const MAX_CHARACTERS = 256 * 1024

/** Texts that make patterns backtrack. */
const REPEATED = [
  '-',
  '-----',
  '-----BEGIN ',
  '-----begin ',
  '-----BEGIN CERTIFICATE-----',
  '-----END CERTIFICATE-----',
  '-\u2010',
  'BEGIN ',
  ' ',
  '\n',
  '\r',
  '\\',
  '\\n',
  '\u200b',
  '\0',
  'a',
  'A ',
  '=',
  'MIIB',
  'MIIB,',
  '%20',
  '%252B',
  'BEGIN+',
  'BEGIN%20A',
  'Cert=',
  'Cert="',
  'Hash=0;',
  '\\"',
  ':AAAA:,',
  'LS0tLS1C',
  '[',
  '{"a":',
  '"a",',
  '[1,',
  '1',
  '\\\\',
  '\\u0000',
  'a=',
  'LS0tLS1CRUdJTiBQ ',
  'BEGIN A PRIVATE ',
  '"kty""d" ',
  'Q0FRRERBVEFCQ0RF a ',
]

/** Time that this process has computed, in ms: it does not grow while others compute. */
function computedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * Texts are read before the sender is known, so reading must take linear time. The test runs in Node, which
 * measures what a process computes. A quadratic pattern takes minutes; a linear one takes milliseconds.
 */
describe.each<[string, (text: string) => unknown]>([
  ['decodePem', decodePem],
  ['decodeCertificates', decodeCertificates],
  ['privateKeyIn', privateKeyIn],
  ['findJsonFault', findJsonFault],
])('%s reads a text once', (_, read) => {
  it.each(REPEATED)('made of %j', (piece) => {
    const many = piece.repeat(Math.floor(MAX_CHARACTERS / piece.length))
    const start = computedMs()
    for (const text of [
      many,
      `-----BEGIN CERTIFICATE-----${many}`,
      `-----BEGIN ${many}X`,
      `${many}-----END X`,
      `Cert=${many}`,
    ])
      read(text)
    expect(computedMs() - start).toBeLessThan(1_000)
  })
})
