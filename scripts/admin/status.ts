import { readArguments } from '../cli/arguments.ts'
import { printable, table } from '../cli/printable.ts'
import { now, type Output } from './command.ts'
import { connect, SERVER_OPTIONS } from './server.ts'

/** Most hostnames of one answer: each is a request, and an account may have 100,000. */
const MAX_HOSTNAMES = 50

/** What the API says of a hostname, as far as it is printed (`src/registry/hostname-state/api.ts`). */
interface HostnameState {
  readonly hostname: string
  readonly mode: string
  readonly until?: string
  readonly identities?: readonly unknown[]
  readonly state: {
    readonly certificates: readonly TrustedCertificate[]
    readonly certificates_total: number
    readonly next: { readonly at: string; readonly message: string } | null
  }
}

interface TrustedCertificate {
  readonly role: string
  readonly subject: string
  readonly not_before: string
  readonly not_after: string
  readonly coverage: { readonly until: string; readonly stale: boolean } | null
}

/** `status`: how things stand at the hostnames of the scope, or at one. */
export async function status(args: readonly string[]): Promise<Output> {
  const { values, positionals } = readArguments(args, SERVER_OPTIONS, 1)
  const { api, edge } = await connect(values)
  const [only] = positionals
  let hostnames = only === undefined ? [] : [only]
  if (only === undefined) {
    const records = await api.all<{ readonly associated_hostnames: readonly string[] }>(`${edge}/certificates`)
    const modes = await api.all<{ readonly hostname: string }>(`${edge}/hostnames`)
    const all = [...records.flatMap((record) => record.associated_hostnames), ...modes.map(({ hostname }) => hostname)]
    hostnames = [...new Set(all)].sort()
  }
  const states: HostnameState[] = []
  for (const hostname of hostnames.slice(0, MAX_HOSTNAMES)) {
    const path = `${edge}/hostnames/${encodeURIComponent(hostname)}`
    states.push((await api.send<HostnameState>('GET', path)).result)
  }
  const left = hostnames.length - states.length
  const blocks = states.map((state) => words(state, now()))
  if (states.length === 0) blocks.push('no hostnames: ca add FILE --hostname H adds one')
  if (left > 0) blocks.push(`${left} more hostnames: status HOSTNAME shows one`)
  return { object: { hostnames: states, more: left }, text: blocks.join('\n\n') }
}

/** A hostname in a few lines. @param at Unix seconds, UTC */
function words({ hostname, mode, until, identities, state }: HostnameState, at: number): string {
  const { certificates, certificates_total, next } = state
  const rules = identities === undefined ? '' : `, ${identities.length} identity rules`
  const rows = certificates.map(({ role, subject, not_before, not_after, coverage }) => [
    `  ${role}`,
    subject,
    daysLeft(not_before, not_after, at),
    coverage === null ? 'no CRL' : `CRL ${coverage.stale ? 'stale since' : 'until'} ${coverage.until}`,
  ])
  const lines = [
    printable(`${hostname}  ${mode}${until === undefined ? '' : ` until ${until}`}${rules}`),
    rows.length === 0 ? '  no CA: nobody gets in by a certificate' : table(rows),
    ...(certificates_total > certificates.length ? [`  and ${certificates_total - certificates.length} more`] : []),
    ...(next === null ? [] : [printable(`  next: ${next.at} ${next.message}`)]),
  ]
  return lines.join('\n')
}

function daysLeft(notBefore: string, notAfter: string, at: number): string {
  if (Date.parse(notBefore) / 1_000 > at) return `valid from ${notBefore}`
  const left = Date.parse(notAfter) / 1_000 - at
  return left < 0 ? `expired ${notAfter}` : `${Math.floor(left / 86_400)} days left`
}
