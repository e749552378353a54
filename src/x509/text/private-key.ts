import { latin1 } from '../../core/bytes.ts'
import { octetsOfStart } from './base64.ts'
import { kindOfDer } from './der-kind.ts'
import { hasBoundary } from './pem.ts'
import { plainText } from './plain.ts'
import { MAX_LAYERS, urlDecoded } from './url-encoding.ts'

/** The form of a private key: by itself, encrypted or not, or in PKCS #12 with its certificate. */
export type PrivateKeyForm = 'private_key' | 'pkcs12'

/**
 * The forms of RFC 7468 sections 10 and 11, OpenSSL, OpenSSH, SSH2 and PGP have BEGIN … PRIVATE KEY. PuTTY's form and the text
 * that OpenSSL prints have other words. The repetition is bounded, since the search would be quadratic otherwise.
 */
const ARMOURED = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-|Private-Key: \(|privateExponent:/i
/** A private JWK as text (RFC 7517 9.3, RFC 7518 6). */
const JWK = /"d"\s*:\s*"/

/** Fewer characters than any private key has: base64 of the shortest one, for Ed25519, has 64. */
const MIN_CHARACTERS = 32
/** How many characters of a text are searched for encoded keys: all of every body except a CRL's. */
const MAX_CHARACTERS = 256 * 1024
/** Words of so many characters or more are taken for base64 and not for prose. */
const LONG_WORD = 16
/** Characters of base64 that suffice to tell a private key by its first members, with a modulus of up to 16,384 bits. */
const TELLING_CHARACTERS = 4_096
/** Characters of base64 that suffice for the first boundary of a PEM in UTF-16 or after some text. */
const BOUNDARY_CHARACTERS = 128
/** Base64 of octets that begin with the tag of a SEQUENCE, 0x30, as every key in DER does. */
const SEQUENCE = /^M[A-P]/

/**
 * Finds a private key in a text: PEM and forms like it, base64 of DER under any label or none, JWK; each also URL-encoded, in
 * base64 once more, in UTF-16, or with invisible characters. Reads the text once for each layer of encoding.
 */
export function privateKeyIn(text: string): PrivateKeyForm | undefined {
  if (ARMOURED.test(text)) return 'private_key'
  if (text.length < MIN_CHARACTERS) return undefined
  return searchLayer(plainText(text.slice(0, MAX_CHARACTERS)), MAX_LAYERS)
}

function searchLayer(plain: string, layersLeft: number): PrivateKeyForm | undefined {
  if (ARMOURED.test(plain) || (plain.includes('"kty"') && JWK.test(plain))) return 'private_key'
  for (const run of base64Runs(plain)) {
    const found = searchBase64(run, layersLeft)
    if (found !== undefined) return found
  }
  const inner = layersLeft > 0 ? urlDecoded(plain) : undefined
  return inner === undefined ? undefined : searchLayer(plainText(inner), layersLeft - 1)
}

function searchBase64(run: string, layersLeft: number): PrivateKeyForm | undefined {
  if (SEQUENCE.test(run)) return formOfDer(octetsOfStart(run, TELLING_CHARACTERS))
  if (layersLeft === 0 || !hasBoundary(plainText(latin1(octetsOfStart(run, BOUNDARY_CHARACTERS))))) return undefined
  return searchLayer(plainText(latin1(octetsOfStart(run, run.length))), layersLeft - 1)
}

function formOfDer(octets: Uint8Array): PrivateKeyForm | undefined {
  const kind = kindOfDer(octets)
  if (kind === 'pkcs12') return 'pkcs12'
  return kind === 'private_key' || kind === 'encrypted_private_key' ? 'private_key' : undefined
}

/** The parts of a text that may be base64, without their line ends. */
function* base64Runs(plain: string): Generator<string> {
  for (const segment of plain.split(/[^A-Za-z0-9+/\s]+/)) {
    if (segment.length < MIN_CHARACTERS) continue
    const words = segment.split(/\s+/)
    yield words.join('')
    yield* runsAmongWords(words)
  }
}

/** Each run of long words with the short word after it, which may be the last line. So a key is found between words of prose. */
function* runsAmongWords(words: readonly string[]): Generator<string> {
  let run = ''
  for (const word of words) {
    const isLong = word.length >= LONG_WORD
    if (isLong || run !== '') run += word
    if (isLong) continue
    if (run !== '') yield run
    run = ''
  }
  if (run !== '' && run.length < words.join('').length) yield run
}
