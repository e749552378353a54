import { type Answer, has } from './client.ts'
import { type Child, h } from './dom.ts'
import { action, badge, moment, named, notes } from './parts.ts'
import type { Trial } from './wire.ts'

/** What a write would do, asked before it is done (docs/differences.md, "Dry runs"). */

/** Sent with a write that is only tried. */
export const TRIED = { dry_run: 'true' } as const

/** Whether an operation can be tried. @param operation as in `PUT hostnames/{hostname}` */
export const canBeTried = (operation: string): boolean => has(`${operation}?dry_run`)

/** A button that tries a write and shows what would come of it; nothing where it cannot be tried. */
export function trial(operation: string, ask: () => Promise<Answer<Trial>>): Child {
  return (
    canBeTried(operation) &&
    h(
      'p',
      {},
      action('What would happen?', async () => foreseen((await ask()).result)),
    )
  )
}

/** What a trial found. */
export function foreseen({ would, impact }: Trial): HTMLElement {
  const { clients_refused, clients_let_in, clients, clients_evaluated, clients_not_evaluated } = impact
  const isSame = clients_refused + clients_let_in === 0
  return h(
    'div',
    { class: 'note' },
    h('p', {}, 'It would be carried out. Nothing was changed yet.'),
    notes(would.messages),
    clients_refused > 0 && h('p', {}, badge('bad', `${counted(clients_refused)} in now, and would be refused`)),
    clients_let_in > 0 && h('p', {}, badge('warn', `${clients_let_in} that are refused now would get in`)),
    isSame && h('p', {}, badge('good', `Of ${clients_evaluated} clients seen, none would be decided on differently`)),
    h(
      'ul',
      { class: 'rows' },
      clients.map((one) =>
        h(
          'li',
          { class: 'card' },
          h('p', {}, one.subject === '' ? 'Without a certificate' : named(one.subject), ' at ', named(one.hostname)),
          h('p', {}, h('code', {}, one.code_now), ' becomes ', h('code', {}, one.code_then)),
          h('p', { class: 'quiet' }, 'Last seen ', moment(one.last_seen_at)),
        ),
      ),
    ),
    impact.hostnames_without_anchor.map((name) =>
      h('p', {}, badge('bad', 'No certificate would be left for ', named(name), ': all its clients would be refused')),
    ),
    impact.uncovered.map(({ issuer, hostnames }) =>
      h('p', {}, badge('warn', 'No CRL would cover the clients of ', named(issuer)), ' ', hostnames.join(', ')),
    ),
    clients_not_evaluated.map(({ message }) => h('p', { class: 'quiet' }, `Not asked about: ${message}`)),
  )
}

const counted = (clients: number): string => (clients === 1 ? '1 client gets' : `${clients} clients get`)
