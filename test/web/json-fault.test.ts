import { describe, expect, it } from 'vitest'
import { describeJsonFault, findJsonFault } from '../../src/web/json-fault.ts'

const place = (text: string) => {
  const fault = findJsonFault(text)
  return fault && [fault.line, fault.column, fault.cause]
}

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

describe('malformed JSON is answered with line, column and cause:', () => {
  it.each<[string, number, number, string]>([
    ['', 1, 1, 'empty'],
    [' \n\t', 1, 1, 'empty'],
    [PEM, 1, 1, 'pem'],
    [`\n${PEM}`, 1, 1, 'pem'],
    ['name=x&certificate=y', 1, 1, 'form'],
    ['associated_hostnames[]=a', 1, 1, 'form'],
    [`{"certificate": "${PEM}"}`, 1, 45, 'line_end_in_string'],
    ['{\n  "name": "a\r\nb"}', 2, 13, 'line_end_in_string'],
    ['{"name": "a\tb"}', 1, 12, 'control_in_string'],
    ['{"name": "a\u0000"}', 1, 12, 'control_in_string'],
    ['{"path": "C:\\pki"}', 1, 13, 'escape'],
    ['{"name": "\\u12"}', 1, 11, 'escape'],
    ['{"name": "abc', 1, 10, 'unclosed_string'],
    ['{"name": "abc\\', 1, 10, 'unclosed_string'],
    ['{"name": "abc}', 1, 10, 'unclosed_string'],
    ["{'name': 'x'}", 1, 2, 'single_quotes'],
    ['{"name": \'x\'}', 1, 10, 'single_quotes'],
    ['{\u201cname\u201d: 1}', 1, 2, 'curly_quotes'],
    ['{"name": \u201ex\u201c}', 1, 10, 'curly_quotes'],
    ['{\\"name\\": 1}', 1, 2, 'quoted_twice'],
    ['{"name": "x",}', 1, 13, 'trailing_comma'],
    ['{\n  "a": [1, 2,\n  ],\n}', 2, 13, 'trailing_comma'],
    ['{\n  "a": 1,\n\n}', 2, 9, 'trailing_comma'],
    ['{"a": 1 "b": 2}', 1, 9, 'no_comma'],
    ['{"a": 1\n"b": 2}', 2, 1, 'no_comma'],
    ['["a" "b"]', 1, 6, 'no_comma'],
    ['{"a" 1}', 1, 6, 'no_colon'],
    ['{"a" = 1}', 1, 6, 'no_colon'],
    ['{"a": }', 1, 7, 'no_value'],
    ['{"a": ,}', 1, 7, 'no_value'],
    ['[,1]', 1, 2, 'no_value'],
    ['{"a": [1}', 1, 9, 'wrong_closer'],
    ['[{"a": 1]', 1, 9, 'wrong_closer'],
    ['{"a": 1} // x', 1, 10, 'after_end'],
    ['{"a": 1, // x\n"b": 2}', 1, 10, 'comment'],
    ['/* x */ {}', 1, 1, 'comment'],
    ['# x\n{}', 1, 1, 'comment'],
    ['{name: "x"}', 1, 2, 'unquoted'],
    ['{"name": x}', 1, 10, 'unquoted'],
    ['nothing', 1, 1, 'unquoted'],
    ['{"a": True}', 1, 7, 'literal'],
    ['{"a": None}', 1, 7, 'literal'],
    ['{"a": NaN}', 1, 7, 'literal'],
    ['{"a": undefined}', 1, 7, 'literal'],
    ['{"a": -Infinity}', 1, 7, 'literal'],
    ['{"a": 01}', 1, 7, 'number'],
    ['{"a": .5}', 1, 7, 'number'],
    ['{"a": +1}', 1, 7, 'number'],
    ['{"a": 1.}', 1, 7, 'number'],
    ['{"a": 0x1f}', 1, 7, 'number'],
    ['{\u00a0"a": 1}', 1, 2, 'odd_blank'],
    ['\ufeff\ufeff{}', 1, 1, 'odd_blank'],
    ['{"a": <x>}', 1, 7, 'character'],
    ['{"a": 1', 1, 8, 'cut_short'],
    ['{"a":\n', 2, 1, 'cut_short'],
    ['[', 1, 2, 'cut_short'],
    ['{} {}', 1, 4, 'after_end'],
    ['{}x', 1, 3, 'after_end'],
    ['{}}', 1, 3, 'after_end'],
    ['"x"\n"y"', 2, 1, 'after_end'],
    ['{}\u0000', 1, 3, 'after_end'],
    [`${'['.repeat(100_000)}`, 1, 100_001, 'cut_short'],
    [`${'[\n'.repeat(50_000)}`, 50_001, 1, 'cut_short'],
    ['{"\ud83d\ude00": x}', 1, 8, 'unquoted'],
  ])('%j', (text, line, column, cause) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(place(text)).toEqual([line, column, cause])
  })
})

describe('the message says what to do, and repeats nothing of the text', () => {
  it.each([
    ['{"certificate": "s3cret\n"}', /^line 1, column 24: a line end within a string: write it as \\n \(jq -Rs/],
    ["{'s3cret': 1}", /^line 1, column 2: single quotes: write double quotes$/],
    ['{"s3cret": 1,}', /^line 1, column 13: a comma before a closing brace or bracket: remove it$/],
    ['s3cret=1', /^line 1, column 1: this is a form, not JSON/],
    [' ', /^the body is empty: send a JSON object$/],
  ])('%j', (text, words) => {
    const fault = findJsonFault(text)
    const said = fault === undefined ? '' : describeJsonFault(fault)
    expect(said).toMatch(words)
    expect(said).not.toContain('s3cret')
  })
})

describe('a text that JSON.parse reads has no fault', () => {
  it.each([
    '{}',
    '[]',
    '0',
    '-0.5e+10',
    '"\\ud800 \\u0000 \\/"',
    'null',
    ' {"a" : [1, {"b": [true, false, null, "x", -1, 2.5E-3, {}]}], "c": "\u2028\u007f"} \r\n',
    `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  ])('%j', (text) => {
    JSON.parse(text)
    expect(findJsonFault(text)).toBeUndefined()
  })
})

it('agrees with JSON.parse on which texts are JSON, with any one character changed', () => {
  const sound = '{"a": [1, -2.5e3, true, null, "x\\n\\u00e9"], "b": {"c": "d", "": false}}'
  for (let at = 0; at < sound.length; at += 1) {
    for (const character of [
      '',
      ' ',
      '"',
      "'",
      ',',
      ':',
      '{',
      '}',
      '[',
      ']',
      '\\',
      '\n',
      '0',
      'e',
      'x',
      '-',
      '.',
      'é',
    ]) {
      const text = sound.slice(0, at) + character + sound.slice(at + 1)
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      expect(findJsonFault(text) === undefined, text).toBe(isJson)
    }
  }
})
