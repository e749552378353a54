import { entryOf, type Table } from '../core/table.ts'
import { type Certificate, decodePem, type PemFault, type ReadFault, readCertificate } from '../x509/index.ts'

/** The certificates of a text. @throws TypeError that names the argument, if it is not PEM or a certificate is malformed */
export function certificatesOf(argument: string, text: unknown): readonly Certificate[] {
  if (typeof text !== 'string') throw new TypeError(`${argument} must be PEM text, not ${typeName(text)}`)
  const decoded = decodePem(text)
  if (!decoded.ok) {
    const problem = entryOf<PemFault, 'reason', string>(PEM_PROBLEMS, 'reason', decoded.error)
    throw new TypeError(`${argument} is not PEM of certificates: ${problem}`)
  }
  return decoded.value.map((der, index) => {
    const read = readCertificate(der)
    if (read.ok) return read.value
    throw new TypeError(`${argument}: certificate ${index + 1} cannot be read: ${readProblem(read.error)}`)
  })
}

function typeName(value: unknown): string {
  return value === null ? 'null' : typeof value
}

const PEM_PROBLEMS: Table<PemFault, 'reason', string> = {
  pem_empty: 'it is empty',
  pem_no_certificate: 'it has no CERTIFICATE block',
  pem_label: ({ line, label }) => `line ${line} begins or ends a block of another kind, ${JSON.stringify(label)}`,
  pem_boundary: ({ line }) => `line ${line} is a malformed BEGIN or END line`,
  pem_unterminated: ({ line }) => `the block that begins on line ${line} has no END`,
  pem_end_without_begin: ({ line }) => `line ${line} is an END without a BEGIN`,
  pem_base64: ({ line }) => `the block around line ${line} is not base64`,
  too_many_certificates: ({ limit }) => `it has more than ${limit} certificates; pass them as several texts`,
}

function readProblem(fault: ReadFault): string {
  if (fault.reason === 'certificate_too_large') return `it has ${fault.bytes} bytes, more than ${fault.limitBytes}`
  return `${fault.field} ${fault.problem}`
}
