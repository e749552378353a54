/** A byte order mark of UTF-16 or UTF-8 that was read in another character set. */
const MISREAD_BYTE_ORDER_MARK = /^\s*(?:\u00ff\u00fe|\u00fe\u00ff|\u00ef\u00bb\u00bf|\ufffd\ufffd)/
/** Soft hyphens, zero-width characters, marks of direction, byte order marks. The text of a certificate needs none of them. */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g
/** Blanks of other widths, which PEM and base64 do not have. */
const BLANK = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g
const LINE_END = /\r\n|[\r\v\f\u0085\u2028\u2029]/g
/** Printable ASCII without backslashes, with tabs and \n: nothing in it is changed. Nearly every PEM is such a text. */
const PLAIN = /^[\t\n -[\]-~]*$/
/** A line end or tab that is written out, as in the API reference's curl example (contract 3); `\\n` where quoted twice. */
const WRITTEN_OUT = /\\{1,2}([nrt])/g
const WRITTEN: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * A text without the traces of editors, wikis, shells and wrong character sets. Line ends that are written out become line ends,
 * blanks of any width become spaces, and invisible characters are removed, with the NULs between the characters of UTF-16. Each
 * step reads the text once.
 */
export function plainText(text: string): string {
  if (PLAIN.test(text)) return text
  return text
    .replaceAll('\0', '')
    .replace(MISREAD_BYTE_ORDER_MARK, '')
    .replace(WRITTEN_OUT, (_, letter: string) => WRITTEN[letter] ?? '')
    .replace(LINE_END, '\n')
    .replace(BLANK, ' ')
    .replace(INVISIBLE, '')
}
