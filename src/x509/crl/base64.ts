/** The kinds of characters in base64 text, besides the sextets 0 to 63. */
const PADDING = 64
const SPACE = 65
const BACKSLASH = 66
const OTHER = 67

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** For each octet: a sextet (RFC 4648 table 1), or one of the kinds above. */
const KINDS: Uint8Array = (() => {
  const kinds = new Uint8Array(256).fill(OTHER)
  for (let sextet = 0; sextet < 64; sextet += 1) kinds[ALPHABET.charCodeAt(sextet)] = sextet
  for (const space of ' \t\r\n') kinds[space.charCodeAt(0)] = SPACE
  kinds['='.charCodeAt(0)] = PADDING
  kinds['\\'.charCodeAt(0)] = BACKSLASH
  return kinds
})()

/**
 * Decodes base64 with padding, canonical (RFC 4648 3.5 and 4); undefined where the text is anything else. Spaces and line ends
 * are skipped, also those written as the two characters `\n` or `\r`. It reads octets: the string of a CRL with a million lines
 * does not fit into a Worker.
 */
export function decodeBase64Octets(text: Uint8Array): Uint8Array | undefined {
  const decoded = new Uint8Array(Math.floor((text.length * 3) / 4))
  let length = 0
  let group = 0
  let sextets = 0
  let at = 0
  for (; at < text.length; at += 1) {
    const kind = KINDS[text[at] ?? 0] ?? OTHER
    if (kind >= PADDING) {
      const skip = spaceAt(text, at, kind)
      if (skip === 0) break
      at += skip - 1
      continue
    }
    group = (group << 6) | kind
    sextets += 1
    if (sextets % 4 !== 0) continue
    decoded[length] = group >> 16
    decoded[length + 1] = group >> 8
    decoded[length + 2] = group
    length += 3
    group = 0
  }
  const rest = lastGroup(group, sextets % 4)
  if (rest === undefined || paddingIn(text, at) !== (4 - (sextets % 4)) % 4) return undefined
  decoded.set(rest, length)
  return decoded.subarray(0, length + rest.length)
}

/** How many characters to skip at an index: 1 for a space, 2 for a line end that is written out, otherwise 0. */
function spaceAt(text: Uint8Array, at: number, kind: number): number {
  if (kind === SPACE) return 1
  const next = text[at + 1]
  return kind === BACKSLASH && (next === 0x6e || next === 0x72) ? 2 : 0
}

/** The octets of a last group with so many sextets; undefined where decoding drops bits that are not zero. */
function lastGroup(group: number, sextets: number): readonly number[] | undefined {
  if (sextets === 0) return []
  if (sextets === 2 && (group & 0x0f) === 0) return [group >> 4]
  if (sextets === 3 && (group & 0x03) === 0) return [group >> 10, (group >> 2) & 0xff]
  return undefined
}

/** How many padding characters the rest of the text has; NaN where it has other characters than these and spaces. */
function paddingIn(text: Uint8Array, from: number): number {
  let count = 0
  for (let at = from; at < text.length; at += 1) {
    const kind = KINDS[text[at] ?? 0] ?? OTHER
    const skip = spaceAt(text, at, kind)
    if (kind === PADDING) count += 1
    else if (skip === 0) return Number.NaN
    else at += skip - 1
  }
  return count
}
