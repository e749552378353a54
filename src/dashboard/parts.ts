import { type Answer, Refused } from './client.ts'
import { type Child, h, nodes, svg } from './dom.ts'
import type { Entry } from './wire.ts'

/** Pieces that pages are made of. */

/** Text that somebody else chose: its direction is its own, and ends with it. */
export const named = (text: string): HTMLElement => h('bdi', { dir: 'auto' }, text === '' ? '(empty)' : text)

const DAY_MS = 86_400_000
const DATE = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' })
const MOMENT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })
const FAR = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** A date, in UTC. */
export const date = (at: string): HTMLElement => h('time', { datetime: at }, DATE.format(Date.parse(at)))

/** A date with its time of day, in UTC. */
export const moment = (at: string): HTMLElement => h('time', { datetime: at }, `${MOMENT.format(Date.parse(at))} UTC`)

/** How far a time is from now: `in 3 days`, `5 hours ago`. */
export function far(at: string, now = Date.now()): string {
  const ms = Date.parse(at) - now
  const days = Math.trunc(ms / DAY_MS)
  if (Math.abs(days) >= 730) return FAR.format(Math.trunc(days / 365.25), 'year')
  if (Math.abs(days) >= 60) return FAR.format(Math.trunc(days / 30.44), 'month')
  if (days !== 0) return FAR.format(days, 'day')
  const hours = Math.trunc(ms / 3_600_000)
  return hours === 0 ? FAR.format(Math.trunc(ms / 60_000), 'minute') : FAR.format(hours, 'hour')
}

export type Tone = 'good' | 'warn' | 'bad' | 'plain'

const MARKS: Readonly<Record<Tone, string>> = { good: '✓', warn: '!', bad: '✗', plain: '•' }

/** A word with its tone: a colour, and a mark for those who see none. */
export const badge = (tone: Tone, ...words: readonly Child[]): HTMLElement =>
  h('span', { class: `badge ${tone}` }, h('span', { 'aria-hidden': 'true' }, MARKS[tone]), ' ', words)

/** Days before its end from which a certificate is about to expire. */
const SOON_DAYS = 30

/** How a validity stands. */
export function validity(notBefore: string, notAfter: string, now = Date.now()): HTMLElement {
  if (Date.parse(notAfter) < now) return badge('bad', 'Expired ', far(notAfter))
  if (Date.parse(notBefore) > now) return badge('warn', 'Begins ', far(notBefore))
  return badge(Date.parse(notAfter) - now < SOON_DAYS * DAY_MS ? 'warn' : 'good', 'Expires ', far(notAfter))
}

/** Names with their values. */
export const facts = (...pairs: readonly (readonly [name: string, ...value: Child[]] | false)[]): HTMLElement =>
  h(
    'dl',
    {},
    pairs.map((pair) => pair !== false && h('div', {}, h('dt', {}, pair[0]), h('dd', {}, pair.slice(1)))),
  )

/** A sentence of the API, with a link to what it means. */
const sentence = ({ code, message, source }: Entry): Child => [
  message,
  source !== undefined && [' ', h('code', {}, source.pointer)],
  code > 0 && [' ', h('a', { href: `/docs/errors#${code}` }, `What ${code} means`)],
]

/** Why something is not there, said at once to those who listen. */
export function problem(error: unknown, again?: () => void): HTMLElement {
  if (!(error instanceof Refused)) throw error
  return h(
    'div',
    { class: 'note bad', role: 'alert' },
    error.entries.map((entry) => h('p', {}, sentence(entry))),
    again !== undefined && button('Try again', again),
  )
}

/** What the API says of something that it accepted. */
export function notes(messages: readonly Entry[]): Child {
  return messages.map((entry) => h('p', { class: 'note warn' }, sentence(entry)))
}

/** What to do where there is nothing yet. */
export const empty = (...children: readonly Child[]): HTMLElement => h('div', { class: 'note' }, children)

export const button = (words: Child, click: () => void, attributes: Record<string, string> = {}): HTMLButtonElement =>
  h('button', { type: 'button', ...attributes, on: { click } }, words)

/** A control with its label, and a sentence about it. */
export function field(
  words: string,
  control: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement,
  hint?: string,
): HTMLElement {
  control.id ||= newId()
  if (hint !== undefined) control.setAttribute('aria-describedby', `${control.id}-hint`)
  return h(
    'div',
    { class: 'field' },
    h('label', { for: control.id }, words),
    hint !== undefined && h('p', { class: 'quiet', id: `${control.id}-hint` }, hint),
    control,
  )
}

let lastId = 0
const newId = () => `control-${++lastId}`

/** A part of a page with its heading. */
export function section(heading: string, ...children: readonly Child[]): HTMLElement {
  const id = newId()
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, heading), children)
}

/** Puts other children into an element. */
export const replace = (element: Element, ...children: readonly Child[]): void =>
  element.replaceChildren(...nodes(children))

/** A place for something that has to be asked for; it can be asked again. */
export interface Loaded {
  readonly element: HTMLElement
  readonly load: () => Promise<void>
}

/** Shows that it waits, then what came, or why nothing did. */
export function loaded(ask: () => Promise<Child>): Loaded {
  const element = h('div', {})
  let asked = 0
  const load = async () => {
    asked += 1
    const mine = asked
    element.setAttribute('aria-busy', 'true')
    if (element.childElementCount === 0) replace(element, h('p', { class: 'quiet' }, 'Loading …'))
    const shown = await ask().catch((error) => problem(error, load))
    if (mine !== asked) return
    replace(element, shown)
    element.removeAttribute('aria-busy')
  }
  load()
  return { element, load }
}

/** A form whose submission is a call of the API. What came of it stands below, and is said to those who listen. */
export function form(words: string, controls: Child, submit: () => Promise<Child>): HTMLFormElement {
  const outcome = h('div', { role: 'status' })
  const send = h('button', {}, words)
  return h(
    'form',
    {
      on: {
        submit: async (event) => {
          event.preventDefault()
          if (send.getAttribute('aria-disabled') === 'true') return
          send.setAttribute('aria-disabled', 'true')
          outcome.setAttribute('aria-busy', 'true')
          replace(outcome, await submit().catch((error) => problem(error)))
          outcome.removeAttribute('aria-busy')
          send.removeAttribute('aria-disabled')
        },
      },
    },
    controls,
    h('p', {}, send),
    outcome,
  )
}

/** A write that is carried out by a button: what came of it stands beside it. */
export function action(words: Child, act: () => Promise<Child>, attributes: Record<string, string> = {}): HTMLElement {
  const outcome = h('span', { role: 'status' })
  return h(
    'span',
    { class: 'action' },
    button(words, async () => replace(outcome, await act().catch((error) => problem(error))), attributes),
    outcome,
  )
}

/** Asks before something is done that takes something away. */
export function confirmed(
  question: string,
  details: () => Promise<Child>,
  words: string,
  act: () => Promise<void>,
): void {
  const id = newId()
  const outcome = h('div', { role: 'status' })
  const said = loaded(details)
  const close = () => dialog.close()
  const dialog = h(
    'dialog',
    { 'aria-labelledby': id, on: { close: () => dialog.remove() } },
    h('h2', { id }, question),
    said.element,
    outcome,
    h(
      'p',
      { class: 'row' },
      button('Cancel', close),
      button(words, () => act().then(close, (error) => replace(outcome, problem(error))), { class: 'danger' }),
    ),
  )
  document.body.append(dialog)
  dialog.showModal()
}

/** What is said to those who listen, beside what is shown. */
export function announce(text: string): void {
  const region = document.getElementById('said')
  if (region !== null) region.textContent = text
}

/** Offers a text as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-pem-file' }))
  h('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}

/** The span of all validities, with `now` in it. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Where a time stands in a span, in percent; what is outside stands at its end. */
const percent = (at: number, { from, to }: Span) => Math.min(100, Math.max(0, ((at - from) / (to - from || 1)) * 100))

/** A validity as a bar on the time of all. Its words stand beside it. */
export function bar(notBefore: string, notAfter: string, span: Span, now = Date.now()): SVGElement {
  const [begin, end] = [percent(Date.parse(notBefore), span), percent(Date.parse(notAfter), span)]
  const today = percent(now, span)
  return svg(
    'svg',
    { class: 'bar', 'aria-hidden': 'true', focusable: 'false' },
    svg('rect', { class: 'track', width: '100%', height: '100%', rx: 4 }),
    svg('rect', { class: 'valid', x: `${begin}%`, width: `${Math.max(end - begin, 0.5)}%`, height: '100%', rx: 4 }),
    svg('rect', { class: 'today', x: `${today}%`, width: 2, height: '100%' }),
  )
}

/** The same as an answer, for what is shown after it. */
export const said = (words: string, { messages }: Pick<Answer<unknown>, 'messages'>): Child => [
  h('p', { class: 'note good' }, words),
  notes(messages),
]
