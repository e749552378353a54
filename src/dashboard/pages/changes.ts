import { at } from '../client.ts'
import { type Child, h } from '../dom.ts'
import type { Context, Page } from '../page.ts'
import { action, button, empty, field, form, loaded, moment, named, replace, said } from '../parts.ts'
import type { Change } from '../wire.ts'

/** Changes that are asked for at a time. */
const CHANGES = 50

/** The record of changes, the newest first. */
export function changesPage(context: Context): Page {
  const hostname = h('input', { autocomplete: 'off', spellcheck: 'false', dir: 'auto' })
  const certificate = h('input', { autocomplete: 'off', spellcheck: 'false' })
  const since = h('input', { type: 'date' })
  const until = h('input', { type: 'date' })
  const list = h('div', {})
  const show = () =>
    replace(
      list,
      changesOf(
        context,
        {
          hostname: hostname.value.trim(),
          certificate_id: certificate.value.trim(),
          since: since.value && `${since.value}T00:00:00Z`,
          until: until.value && `${until.value}T23:59:59Z`,
        },
        'h2',
      ),
    )
  show()
  const filters = form(
    'Filter',
    h(
      'div',
      { class: 'row' },
      field('Hostname', hostname),
      field('Id of a certificate', certificate),
      field('Since', since),
      field('Until', until),
    ),
    async () => {
      show()
      return undefined
    },
  )
  return { title: 'Changes', content: [h('details', {}, h('summary', {}, 'Filters'), filters), list] }
}

/** Changes that fit filters, in pages, each with its undo. */
export function changesOf(
  context: Context,
  filters: Readonly<Record<string, string>>,
  heading: 'h2' | 'h3' = 'h3',
): HTMLElement {
  const rows = h('ol', { class: 'rows' })
  const more = h('div', {})
  const page = (number: number): Promise<Child> =>
    context.client
      .edge<Change[]>('GET', at(context.scope, 'changes'), { query: { ...filters, page: number, per_page: CHANGES } })
      .then(({ result, info }) => {
        rows.append(...result.map((change) => row(context, change, heading)))
        const left = (info?.total_count ?? 0) - number * CHANGES
        replace(
          more,
          left > 0 &&
            button(`Show ${Math.min(left, CHANGES)} older of ${left}`, () =>
              replace(more, loaded(() => page(number + 1)).element),
            ),
        )
        return number > 1
          ? undefined
          : rows.childElementCount === 0
            ? empty('Nothing was changed here in the last 400 days.')
            : [rows, more]
      })
  return loaded(() => page(1)).element
}

function row(context: Context, change: Change, heading: 'h2' | 'h3'): HTMLElement {
  const { id, actor, address, certificate_id, hostnames, reverts } = change
  const details = h(
    'details',
    {},
    h('summary', {}, 'Before and after'),
    change.omitted ? whole(context, id) : states(change),
  )
  return h(
    'li',
    { class: 'card' },
    h(heading, {}, `${id}. `, describe(change)),
    h(
      'p',
      { class: 'quiet' },
      moment(change.at),
      ' by ',
      named(actor.kind === 'operator' ? 'the operator' : `${actor.kind} ${actor.name}`),
      address !== null && ` from ${address}`,
      reverts !== null && `; takes change ${reverts} back`,
    ),
    h(
      'p',
      { class: 'row' },
      certificate_id !== null && h('a', { href: context.to('certificates', certificate_id) }, 'Its certificate'),
      hostnames.slice(0, 5).map((name) => h('a', { href: context.to('hostnames', name) }, named(name))),
      hostnames.length > 5 && `and ${hostnames.length - 5} more hostnames`,
    ),
    details,
    undo(context, change),
  )
}

/** What was done, and to what where that has a name: `Delete certificate “Example root”`. */
function describe({ operation, before, after }: Change): Child {
  const words = operation.replace(/^put/, 'set').replaceAll('_', ' ').replace('crls', 'CRLs')
  const name = nameOf(after) ?? nameOf(before)
  return [words.charAt(0).toUpperCase(), words.slice(1), name !== undefined && [' ', named(name)]]
}

const nameOf = (state: unknown): string | undefined =>
  typeof state === 'object' && state !== null && 'name' in state && typeof state.name === 'string'
    ? state.name
    : undefined

function undo({ client, scope, again }: Context, { id, actor, before, omitted }: Change): Child {
  // What took nothing away cannot be taken back: the API says so too, after the question.
  if (actor.kind === 'operator' || (before === null && omitted === undefined)) return undefined
  return action(
    'Undo',
    async () => {
      const { result, messages } = await client.edge<Change>('POST', at(scope, 'changes', String(id), 'revert'))
      setTimeout(again, messages.length > 0 ? 8_000 : 1_500)
      return said(`Taken back, as change ${result.id}.`, { messages })
    },
    { 'aria-label': `Undo change ${id}` },
  )
}

function states({ before, after }: Change): Child {
  return [h('p', {}, 'Before'), state(before), h('p', {}, 'After'), state(after)]
}

const state = (value: unknown): HTMLElement =>
  value === null ? h('p', {}, 'Nothing') : h('pre', { dir: 'ltr' }, JSON.stringify(value, null, 2))

/** A change that is too long for the list is asked for when somebody wants to see it. */
function whole({ client, scope }: Context, id: number): HTMLElement {
  const place = h('div', {})
  const ask = () =>
    replace(
      place,
      loaded(async () => states((await client.edge<Change>('GET', at(scope, 'changes', String(id)))).result)).element,
    )
  replace(place, button('Show all of it', ask))
  return place
}
