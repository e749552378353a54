import { describe, expect, it } from 'vitest'
import { parseHostname } from '../../src/core/hostname.ts'
import { ok } from '../../src/core/result.ts'

const label = (length: number): string => 'l'.repeat(length)
/** Three labels of 63, and a last one up to the given length. */
const ofLength = (length: number): string => `${label(63)}.${label(63)}.${label(63)}.${label(length - 192)}`

describe('plain names are returned in lower case', () => {
  it.each([
    ['two labels', 'example.com', 'example.com'],
    ['labels of one character', 'a.b', 'a.b'],
    ['upper case', 'WWW.Example.COM', 'www.example.com'],
    ['many labels', 'a.b.c.d.e.f.g.h.example.com', 'a.b.c.d.e.f.g.h.example.com'],
    ['32 labels', `${'a.'.repeat(31)}a`, `${'a.'.repeat(31)}a`],
    ['a hyphen inside a label', 'a-b.example.com', 'a-b.example.com'],
    ['hyphens in the third and fourth place, but no A-label', 'ab--cd.example.com', 'ab--cd.example.com'],
    ['many hyphens', 'a----b.example.com', 'a----b.example.com'],
    ['digits first (RFC 1123 2.1)', '3com.com', '3com.com'],
    ['digits only, but for the last label', '1.2.3.4.example', '1.2.3.4.example'],
    ['what would be an IPv4 address with a letter', '1.2.3.a4', '1.2.3.a4'],
    ['a last label that starts with a digit', 'a.4you', 'a.4you'],
    ['a last label that only looks hexadecimal', 'a.0x7g', 'a.0x7g'],
    ['a hexadecimal number that is not last', '0x7f.example', '0x7f.example'],
    ['letters that are hexadecimal digits', 'dead.beef', 'dead.beef'],
    ['a label of 63', `${label(63)}.example.com`, `${label(63)}.example.com`],
    ['a last label of 63', `a.${label(63)}`, `a.${label(63)}`],
    ['253 characters', ofLength(253), ofLength(253)],
  ])('%s', (_, text, ascii) => {
    expect(parseHostname(text)).toEqual(ok(ascii))
  })

  it('the longest has 253 characters', () => {
    expect(ofLength(253)).toHaveLength(253)
  })
})

describe('internationalized names are returned as A-labels', () => {
  it.each([
    ['a U-label', 'bücher.example', 'xn--bcher-kva.example'],
    ['a U-label in upper case', 'BÜCHER.EXAMPLE', 'xn--bcher-kva.example'],
    ['an A-label', 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['an A-label in upper case', 'XN--BCHER-KVA.Example', 'xn--bcher-kva.example'],
    ['decomposed letters', 'bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['a U-label in the last place', 'beispiel.москва', 'beispiel.xn--80adxhks'],
    ['both forms in one name', 'xn--bcher-kva.bücher.example', 'xn--bcher-kva.xn--bcher-kva.example'],
    ['from right to left', 'مثال.إختبار', 'xn--mgbh0fb.xn--kgbechtv'],
    ['Chinese', '例子.测试', 'xn--fsqu00a.xn--0zwm56d'],
    ['an emoji', '💩.la', 'xn--ls8h.la'],
    ['sharp s, which is its own letter (UTS 46 non-transitional)', 'faß.de', 'xn--fa-hia.de'],
    ['capital sharp s', 'FAẞ.de', 'xn--fa-hia.de'],
    ['final sigma', 'νόμος.gr', 'xn--xxabhm1c.gr'],
    ['capital sigma, which is not final sigma', 'ΟΔΟΣ.example', 'xn--pxavbq.example'],
    ['capital sigma at the end of a word', 'ΟΔΟΣ-Α.example', 'xn----zlbh7bby.example'],
    ['capital sigma at the end of the name', 'a.ΟΔΟΣ', 'a.xn--pxavbq'],
    ['the ideographic full stop', 'a。example。com', 'a.example.com'],
    ['the fullwidth full stop', 'a．example．com', 'a.example.com'],
    ['the halfwidth ideographic full stop', 'a｡example｡com', 'a.example.com'],
    ['fullwidth letters', 'ｅｘａｍｐｌｅ.com', 'example.com'],
    ['the Kelvin sign', '\u212a.example', 'k.example'],
  ])('%s', (_, text, ascii) => {
    expect(parseHostname(text)).toEqual(ok(ascii))
  })

  it('names that only look alike stay different', () => {
    const latin = parseHostname('paypal.example')
    const cyrillic = parseHostname('p\u0430ypal.example')
    expect(latin).toEqual(ok('paypal.example'))
    expect(cyrillic).toEqual(ok('xn--pypal-4ve.example'))
  })

  it('sharp s and ss stay different', () => {
    expect(parseHostname('fass.de')).toEqual(ok('fass.de'))
  })

  it('a label of 63 in A-label form', () => {
    const ascii = `xn--${label(55)}-oxf`
    expect(ascii).toHaveLength(63)
    expect(parseHostname(`ü${label(55)}.example`)).toEqual(ok(`${ascii}.example`))
  })

  it('reads its own results unchanged', () => {
    for (const text of ['bücher.example', 'faß.de', '💩.la', 'beispiel.москва']) {
      const once = parseHostname(text)
      expect(once.ok && parseHostname(once.value)).toEqual(once)
    }
  })
})
