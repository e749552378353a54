import { latin1 } from '../../core/bytes.ts'
import { octetsOfStart } from './base64.ts'
import { kindOfDer } from './der-kind.ts'
import { hasBoundary } from './pem.ts'
import { plainText } from './plain.ts'
import { MAX_LAYERS, urlDecoded } from './url-encoding.ts'

/** How a private key is kept: as such, encrypted or not, or in PKCS #12 beside its certificate. */
export type PrivateKeyForm = 'private_key' | 'pkcs12'

/**
 * RFC 7468 sections 10 and 11, and OpenSSL's, OpenSSH's, SSH2's and PGP's kinds: all say BEGIN … PRIVATE KEY; PuTTY's and
 * the text that OpenSSL prints say otherwise. The count is bounded: an open one makes the search quadratic.
 */
const ARMOURED = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-|Private-Key: \(|privateExponent:/i
/** A private JWK as text (RFC 7517 9.3, RFC 7518 6). */
const JWK = /"d"\s*:\s*"/

/** Shorter than the shortest private key in any form, in characters: base64 of an Ed25519 one has 64. */
const MIN_CHARACTERS = 32
/** How much of a text is searched for disguises, in characters: all of any body but a CRL's, which has a label of its own. */
const MAX_CHARACTERS = 256 * 1024
/** Words of this many characters or more are taken for base64, not for prose. */
const LONG_WORD = 16
/** Enough of a private key, in characters, to tell it by the members it begins with: a modulus of 16,384 bits is behind them. */
const TELLING_CHARACTERS = 4_096
/** Enough of base64, in characters, for the first boundary of a PEM in UTF-16, or behind some text. */
const BOUNDARY_CHARACTERS = 128
/** Base64 that begins with the tag of a SEQUENCE, 0x30, as every key in DER does. */
const SEQUENCE = /^M[A-P]/

/**
 * Finds a private key in a text, however it was encoded: PEM and its kin, DER in base64 under any label or none, JWK; and
 * these URL-encoded, in base64 once more, in UTF-16, or between characters that nobody sees. Reads a text once a layer.
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

/** What may be base64: its characters between others, line ends within left out, so that lines may be of any length. */
function* base64Runs(plain: string): Generator<string> {
  for (const segment of plain.split(/[^A-Za-z0-9+/\s]+/)) {
    if (segment.length < MIN_CHARACTERS) continue
    const words = segment.split(/\s+/)
    yield words.join('')
    yield* runsAmongWords(words)
  }
}

/** Of words, each long one with those that follow, up to a short one, which may be the last line: prose does not hide it. */
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
