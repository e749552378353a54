import { fail, ok, type Result } from '../result.ts'
import { MAX_SERIAL_BYTES } from '../x509/limits.ts'

/** Why a text is no serial number. */
export interface SerialFault {
  readonly reason: 'invalid_serial'
  readonly limitBytes: number
}

/** Digits in a row, or bytes with colons between them, as `openssl x509 -text` prints them. */
const HEXADECIMAL = /^(?:[0-9a-f]+|[0-9a-f]{1,2}(?::[0-9a-f]{2})+)$/i

/**
 * Reads a serial number in hexadecimal, which is never negative (RFC 5280 4.1.2.2), and gives it as it is compared: the
 * content octets of its INTEGER (X.690 8.3), a zero octet first only where the next has its high bit set.
 */
export function parseSerial(text: string): Result<string, SerialFault> {
  if (!HEXADECIMAL.test(text)) return fail({ reason: 'invalid_serial', limitBytes: MAX_SERIAL_BYTES })
  const digits = text
    .replaceAll(':', '')
    .toLowerCase()
    .replace(/^0+(?=.)/, '')
  const whole = digits.length % 2 === 0 ? digits : `0${digits}`
  const octets = /^[89a-f]/.test(whole) ? `00${whole}` : whole
  if (octets.length > 2 * MAX_SERIAL_BYTES) return fail({ reason: 'invalid_serial', limitBytes: MAX_SERIAL_BYTES })
  return ok(octets)
}
