/** Why a text is not JSON, and where. Line and column count from 1; the column counts UTF-16 code units. */
export interface JsonFault {
  readonly line: number
  readonly column: number
  readonly cause: JsonCause
}

/** What is most likely wrong, and what to do. No text of the body is repeated. */
const CAUSES = {
  empty: 'the body is empty: send a JSON object',
  cut_short: 'it ends before its last brace, bracket or quotation mark: it is cut short',
  after_end: 'there is text after the end of the JSON: send one JSON value',
  form: 'this is a form, not JSON: send an object such as {"name": "…"}, or multipart/form-data (curl -F)',
  pem: 'this is a PEM, not JSON: send it as a member of an object (jq -Rs . FILE makes a JSON string of it)',
  line_end_in_string: 'a line end within a string: write it as \\n (jq -Rs . FILE makes a JSON string of a file)',
  control_in_string: 'a tab or another control character within a string: write it as \\t or \\u0000',
  escape: 'a backslash before a character that JSON does not escape: write \\\\ for a backslash',
  unclosed_string: 'a string begins here and is not closed',
  single_quotes: 'single quotes: write double quotes',
  curly_quotes: 'typographic quotation marks: write straight ones (")',
  quoted_twice: 'a backslash outside of a string: the quotation marks are escaped once too often',
  trailing_comma: 'a comma before a closing brace or bracket: remove it',
  no_comma: 'a comma is missing before this',
  no_colon: 'a colon is missing between a name and its value',
  no_value: 'a value is missing before this',
  wrong_closer: 'the wrong closing bracket: } closes {, and ] closes [',
  comment: 'a comment: JSON has none, so remove it',
  unquoted: 'a name or text without double quotes',
  literal: 'only the words true, false and null, in lower case, are JSON',
  number: 'a number in a form that JSON does not have',
  odd_blank: 'a blank that JSON does not have, such as a no-break space: write a space',
  character: 'a character that JSON does not allow here',
} as const

export type JsonCause = keyof typeof CAUSES

/** The token that comes next: in an object a name or its end, after a name a colon, and so on. */
type Expected = 'value' | 'first_item' | 'item' | 'first_name' | 'name' | 'colon' | 'comma' | 'nothing'

const BLANK = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const LITERAL = /(?:true|false|null)(?!\w)/y
const OTHER_LITERAL = /(?:true|false|null|none|nan|undefined|-?infinity|nil|yes|no)(?!\w)/iy
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must be escaped in a string begins with the controls
const IN_STRING = /[^"\\\u0000-\u001f]*/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/**
 * Finds where a text that JSON.parse refused stops being JSON (RFC 8259); undefined where it finds nothing. V8's own messages
 * do not serve: some lack the place, and some quote the text. Reads the text once, without recursion.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const start = text.trimStart()
  if (start === '') return { line: 1, column: 1, cause: 'empty' }
  if (start.startsWith('-----BEGIN')) return { line: 1, column: 1, cause: 'pem' }
  if (/^[\w.%+[\]-]{1,100}=/.test(start)) return { line: 1, column: 1, cause: 'form' }
  const fault = new Scanner(text).scan()
  return fault && { ...lineAndColumn(text, fault.at), cause: fault.cause }
}

/** The fault in words: where, what, and what to do. */
export function describeJsonFault({ line, column, cause }: JsonFault): string {
  return cause === 'empty' ? CAUSES.empty : `line ${line}, column ${column}: ${CAUSES[cause]}`
}

interface Found {
  /** Index into the text. */
  readonly at: number
  readonly cause: JsonCause
}

class Scanner {
  readonly #text: string
  #at = 0
  #comma = 0
  #expected: Expected = 'value'
  readonly #open: ('{' | '[')[] = []

  constructor(text: string) {
    this.#text = text
  }

  scan(): Found | undefined {
    for (;;) {
      this.#skip(BLANK)
      if (this.#at === this.#text.length) {
        return this.#expected === 'nothing' ? undefined : { at: this.#at, cause: 'cut_short' }
      }
      const found = this.#take()
      if (found !== undefined) return found
    }
  }

  /** Takes one token. @returns what is wrong with it, if anything is */
  #take(): Found | undefined {
    switch (this.#expected) {
      case 'nothing':
        return this.#fault('after_end')
      case 'colon':
        return this.#next === ':' ? this.#step('value') : this.#fault('no_colon')
      case 'comma':
        return this.#takeComma()
      case 'first_name':
      case 'name':
        return this.#takeName()
      default:
        return this.#takeValue()
    }
  }

  get #next(): string {
    return this.#text[this.#at] ?? ''
  }

  #fault(cause: JsonCause, at = this.#at): Found {
    return { at, cause }
  }

  #step(expected: Expected): undefined {
    this.#at += 1
    this.#expected = expected
  }

  /** Moves past what a sticky pattern matches. False where it does not match. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return false
    this.#at = pattern.lastIndex
    return true
  }

  #takeComma(): Found | undefined {
    const inObject = this.#open.at(-1) === '{'
    if (this.#next === ',') {
      this.#comma = this.#at
      return this.#step(inObject ? 'name' : 'item')
    }
    if (this.#next === (inObject ? '}' : ']')) return this.#close()
    if (/[}\]]/.test(this.#next)) return this.#fault('wrong_closer')
    return this.#fault(/["'{[\w-]/.test(this.#next) ? 'no_comma' : this.#oddCharacter())
  }

  #close(): undefined {
    this.#open.pop()
    this.#step(this.#open.length === 0 ? 'nothing' : 'comma')
  }

  #takeName(): Found | undefined {
    if (this.#next === '"') return this.#takeString('colon')
    if (this.#next !== '}') return this.#fault(/\w/.test(this.#next) ? 'unquoted' : this.#oddCharacter())
    return this.#expected === 'name' ? this.#fault('trailing_comma', this.#comma) : this.#close()
  }

  #takeValue(): Found | undefined {
    const next = this.#next
    if (next === '"') return this.#takeString(this.#afterValue)
    if (next === '{' || next === '[') {
      this.#open.push(next)
      return this.#step(next === '{' ? 'first_name' : 'first_item')
    }
    if (next === ']' && this.#expected === 'first_item') return this.#close()
    if (next === ']' && this.#expected === 'item') return this.#fault('trailing_comma', this.#comma)
    if (this.#skip(NUMBER) || this.#skip(LITERAL)) {
      this.#expected = this.#afterValue
      return undefined
    }
    return this.#fault(this.#whyNoValue())
  }

  get #afterValue(): Expected {
    return this.#open.length === 0 ? 'nothing' : 'comma'
  }

  #whyNoValue(): JsonCause {
    const at = this.#at
    const isLiteral = this.#skip(OTHER_LITERAL)
    this.#at = at
    if (isLiteral) return 'literal'
    if (/[,}\]]/.test(this.#next)) return 'no_value'
    if (/[-+.\d]/.test(this.#next)) return 'number'
    return /\w/.test(this.#next) ? 'unquoted' : this.#oddCharacter()
  }

  #oddCharacter(): JsonCause {
    const next = this.#next
    if (next === "'" || next === '`') return 'single_quotes'
    if (/[\u2018-\u201f\u00ab\u00bb]/.test(next)) return 'curly_quotes'
    if (next === '\\') return 'quoted_twice'
    if (next === '/' || next === '#') return 'comment'
    return /[\s\u200b-\u200f\u2060\ufeff]/.test(next) ? 'odd_blank' : 'character'
  }

  #takeString(then: Expected): Found | undefined {
    const start = this.#at
    this.#at += 1
    do this.#skip(IN_STRING)
    while (this.#next === '\\' && this.#skip(ESCAPE))
    return this.#next === '"' ? this.#step(then) : this.#whyNoString(start)
  }

  #whyNoString(start: number): Found {
    const isLast = this.#at + 1 >= this.#text.length
    if (this.#next === '' || (this.#next === '\\' && isLast)) return this.#fault('unclosed_string', start)
    if (this.#next === '\\') return this.#fault('escape')
    return this.#fault(this.#next === '\n' || this.#next === '\r' ? 'line_end_in_string' : 'control_in_string')
  }
}

function lineAndColumn(text: string, at: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, at).split(/\r\n|\n|\r/)
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}
