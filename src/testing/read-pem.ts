import { type Certificate, decodePem, type PemFault, type ReadFault, readCertificate } from '../x509/index.ts'

/** The certificates of a text. @throws TypeError that names the argument, when it is not PEM or a certificate is none */
export function certificatesOf(argument: string, text: unknown): readonly Certificate[] {
  if (typeof text !== 'string') throw new TypeError(`${argument} must be PEM text, not ${typeName(text)}`)
  const decoded = decodePem(text)
  if (!decoded.ok) throw new TypeError(`${argument} is not PEM of certificates: ${pemProblem(decoded.error)}`)
  return decoded.value.map((der, index) => {
    const read = readCertificate(der)
    if (read.ok) return read.value
    throw new TypeError(`${argument}: certificate ${index + 1} cannot be read: ${readProblem(read.error)}`)
  })
}

function typeName(value: unknown): string {
  return value === null ? 'null' : typeof value
}

function pemProblem(fault: PemFault): string {
  switch (fault.reason) {
    case 'pem_empty':
      return 'it is empty'
    case 'pem_no_certificate':
      return 'it has no CERTIFICATE block'
    case 'pem_label':
      return `line ${fault.line} begins or ends a block of another kind, ${JSON.stringify(fault.label)}`
    case 'pem_boundary':
      return `line ${fault.line} is no proper BEGIN or END line`
    case 'pem_unterminated':
      return `the block that begins on line ${fault.line} has no END`
    case 'pem_end_without_begin':
      return `line ${fault.line} is an END without a BEGIN`
    case 'pem_base64':
      return `the block around line ${fault.line} is not base64`
    case 'too_many_certificates':
      return `it has more than ${fault.limit} certificates; pass them as several texts`
  }
}

function readProblem(fault: ReadFault): string {
  if (fault.reason === 'certificate_too_large') return `it has ${fault.bytes} bytes, more than ${fault.limitBytes}`
  return `${fault.field} ${fault.problem}`
}
