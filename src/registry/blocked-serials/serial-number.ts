import { fail, ok, type Result } from '../../core/result.ts'
import { MAX_SERIAL_BYTES, plainText } from '../../x509/index.ts'

/** Why a text is not a serial number. */
export type SerialFault =
  | { readonly reason: 'invalid_serial'; readonly limitBytes: number }
  /** Decimal digits only. As hexadecimal they have `bytes` octets, more than RFC 5280 allows; as decimal they fit. */
  | { readonly reason: 'decimal_serial'; readonly bytes: number }

/** Every serial number of RFC 5280 is below this: 4.1.2.2 allows 20 octets. Some CAs use more. */
const RFC_5280_LIMIT = 2n ** 160n

/** The text that `openssl x509 -serial` and -text, and certutil, print before the number. */
const NAME = /^serial(?: ?number)? ?[=:] ?/i
/** The mark of a negative number: a sign, or the word that `openssl x509 -text` prints. */
const NEGATIVE = /^(?:-|\(negative\)) ?/i
/** Digits in a row; or octets separated by colons or hyphens; or digits grouped by blanks. */
const HEXADECIMAL =
  /^(?:[0-9a-f]+|[0-9a-f]{1,2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2})*|[0-9a-f]+(?: (?:[0-9a-f]{2})+)+)$/i
/** Enough digits for every number of MAX_SERIAL_BYTES with some leading zeros. */
const DECIMAL = /^dec: ?(-?\d{1,110})$/i
const ANY_HYPHEN = /[\u2010-\u2015\u2212]/g

/**
 * Reads a serial number as tools print it: in hexadecimal, or in decimal after `dec:`. A negative one has a minus sign before
 * the digits of its absolute value, as `openssl x509 -serial` prints it. Returns the form in which it is compared: the content
 * octets of its INTEGER (X.690 8.3), which begin with a zero octet only where the next has its high bit set.
 */
export function parseSerial(text: string): Result<string, SerialFault> {
  const invalid = fail({ reason: 'invalid_serial', limitBytes: MAX_SERIAL_BYTES } as const)
  const written = plainWritten(text)
  const number = numberOf(written)
  if (number === undefined) return invalid
  const octets = integerContent(number)
  const bytes = octets.length / 2
  const isDecimal = isDigitsOnly(written) && number >= RFC_5280_LIMIT && BigInt(written) < RFC_5280_LIMIT
  if (isDecimal) return fail({ reason: 'decimal_serial', bytes })
  return bytes > MAX_SERIAL_BYTES ? invalid : ok(octets)
}

/**
 * Whether a text that was read as hexadecimal may be meant as decimal: it has decimal digits only, and the two readings are
 * different numbers.
 */
export function mayBeDecimal(text: string): boolean {
  const written = plainWritten(text)
  return isDigitsOnly(written) && BigInt(written) > 9n
}

/**
 * The negative number whose content octets are the digits of a positive one, if there is one. A person who copies the octets of
 * a negative INTEGER writes it as that positive number.
 */
export function negativeTwin(octets: string): string | undefined {
  return /^00[89a-f]/.test(octets) ? octets.slice(2) : undefined
}

function plainWritten(text: string): string {
  return plainText(text).replace(ANY_HYPHEN, '-').replace(/\s+/g, ' ').trim()
}

function isDigitsOnly(written: string): boolean {
  return /^\d+$/.test(written)
}

/** The number that a text stands for; undefined where it stands for none, or is too long, which bounds the work. */
function numberOf(written: string): bigint | undefined {
  if (written.length > MAX_CHARACTERS) return undefined
  const decimal = DECIMAL.exec(written)?.[1]
  if (decimal !== undefined) return BigInt(decimal)
  const named = written.replace(NAME, '')
  const unsigned = named.replace(NEGATIVE, '')
  const digits = unsigned.replace(/^0x/i, '')
  if (!HEXADECIMAL.test(digits)) return undefined
  const number = BigInt(`0x${digits.replace(/[: -]/g, '')}`)
  return unsigned === named ? number : -number
}

/** Most characters of a text: enough for forty octets with separators, leading zeros, and a name before them. */
const MAX_CHARACTERS = 512

/** X.690 8.3: two's complement in the fewest octets, as lower-case hexadecimal. */
function integerContent(number: bigint): string {
  let bits = 8n
  while (BigInt.asIntN(Number(bits), number) !== number) bits += 8n
  return BigInt.asUintN(Number(bits), number)
    .toString(16)
    .padStart(Number(bits / 4n), '0')
}
