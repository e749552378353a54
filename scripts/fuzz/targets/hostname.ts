import { domainToASCII } from 'node:url'
import type { Random } from '../random.ts'
import { labTarget } from '../target.ts'
import { mutatedText } from '../text-edits.ts'
import type { Observation } from '../wire.ts'

const LABELS = [
  'a',
  'www',
  'example',
  'com',
  'co',
  'uk',
  '1',
  '0x1',
  '127',
  'xn--mnchen-3ya',
  'xn--80ak6aa92e',
  'xn--a',
  'xn--',
  'münchen',
  'faß',
  'βόλος',
  'ΑΣ',
  'İ',
  '日本',
  'a-b',
  '-a',
  'a-',
  'a--b',
  'ab--c',
  'a_b',
  '\u00ad',
  'x'.repeat(63),
  'x'.repeat(64),
  '\u0661',
  'ℹ',
  '１',
  'ⓔ',
  'ﬁ',
  'a\u200db',
  'नी\u200dक',
  '\u{10000}',
  '\ud800',
] as const
const TOKENS = [
  '.',
  '..',
  'xn--',
  '://',
  ':443',
  '/',
  '@',
  '*.',
  '[::1]',
  '%2e',
  '。',
  '．',
  '｡',
  '\u200d',
  '\u0301',
] as const

/** parseHostname against Node's URL parser (ada), which applies UTS 46 by itself. */
export const hostname = labTarget<string>({
  name: 'hostname',
  batch: 1_000,
  weight: 1,
  maker: () => make,
  problem,
  show: (text) => JSON.stringify(text),
})

function make(random: Random): string {
  const labels = Array.from({ length: 1 + random.below(random.oneIn(20) ? 40 : 4) }, () => random.pick(LABELS))
  const name = labels.join(random.oneIn(8) ? random.pick(['。', '．', '｡', '..']) : '.')
  return random.oneIn(3) ? name : mutatedText(name, random, TOKENS)
}

/** A name that DNS can hold, with at least two labels of which the last is no number (RFC 1123 2.1, WHATWG URL). */
function isName(ascii: string): boolean {
  const labels = ascii.split('.')
  const sound = labels.every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label) && label.length <= 63)
  return (
    sound &&
    labels.length > 1 &&
    labels.length <= 32 &&
    ascii.length <= 253 &&
    !/^(0x[0-9a-f]*|\d+)$/.test(labels.at(-1) ?? '')
  )
}

function problem(text: string, { accepted, facts: ascii }: Observation): string | undefined {
  const theirs = domainToASCII(text)
  if (!accepted) return isName(theirs) && !isKnownRefusal(text) ? `the URL parser reads ${theirs}` : undefined
  if (typeof ascii !== 'string' || !isName(ascii)) return `${ascii} is no name`
  // workerd's parser does not check what an A-label stands for. The name is compared as it is.
  if (ascii === theirs || (theirs === '' && ascii === text.toLowerCase() && /(?:^|\.)xn--/.test(ascii)))
    return undefined
  if (CAPITAL_SHARP_S.test(text)) return undefined
  return `the URL parser reads ${JSON.stringify(theirs)}, here it is ${ascii}`
}

/** Unicode 15.1 changed what UTS 46 makes of it; Node's tables are older. */
const CAPITAL_SHARP_S = /\u1e9e/
/** A-labels, some of which arise from other characters: workerd's parser checks more of them. */
const A_LABEL = /xn/i

/** Right-to-left scripts: workerd's parser applies all of RFC 5893, Node's a part. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * Texts that Node's parser reads and that are refused on purpose: it cuts a name off at some characters, drops or decodes others;
 * and texts longer than any name are not looked at.
 */
function isKnownRefusal(text: string): boolean {
  return (
    /[\s\p{Cc}%<>^|[\]/?#\\@:*_]/u.test(text) ||
    text.length > 253 ||
    [RIGHT_TO_LEFT, CAPITAL_SHARP_S, A_LABEL].some((known) => known.test(text))
  )
}
