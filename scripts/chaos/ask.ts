import type { RecordState } from './state.ts'
import type { Author } from './tenants.ts'
import type { Writer } from './writer.ts'

type Answer = { readonly status: number; readonly result: unknown }
type Ask = (path: string) => Promise<Answer>

/** What the API says of an author that is not what the tables say. */
export async function askForAll(origin: string, { author, outcomes }: Writer): Promise<readonly string[]> {
  const state = outcomes[0]?.state ?? { records: {}, modes: {}, settings: {} }
  const ask: Ask = async (path) => {
    const answer = await fetch(origin + path, { headers: { authorization: author.authorization } })
    const { result }: { result: unknown } = JSON.parse(await answer.text())
    return { status: answer.status, result }
  }
  const records = await Promise.all(Object.values(state.records).map((record) => askForRecord(ask, author, record)))
  const modes = await ask(`${author.paths.edge}/hostnames?per_page=1000`)
  const settings = await ask(`${author.paths.certificates}/settings`)
  return [
    ...records.flat(),
    ...difference(`${author.name}: modes`, modesOf(author, modes), state.modes),
    ...difference(`${author.name}: settings`, settingsOf(author, settings), state.settings),
  ]
}

async function askForRecord(ask: Ask, { paths }: Author, record: RecordState): Promise<readonly string[]> {
  const own = `${paths.edge}/certificates/${record.id}`
  const [certificate, crls, blocked, policy] = await Promise.all([
    ask(`${paths.certificates}/${record.id}`),
    ask(`${own}/crl`),
    ask(`${own}/blocked_serials?per_page=1000`),
    ask(`${own}/revocation`),
  ])
  const { name, associated_hostnames: hostnames } = objectOf(certificate.result)
  const { stale_policy: stale, uncovered } = objectOf(policy.result)
  const said = {
    statuses: [certificate, crls, blocked, policy].map(({ status }) => status),
    name,
    hostnames,
    crls: listOf(crls.result).map(({ number, entries }) => [number, entries]),
    blocked: listOf(blocked.result).map((one) => one['serial']),
    policy: `${stale}, ${uncovered}`,
  }
  const expected = {
    statuses: [200, 200, 200, 200],
    name: record.name,
    hostnames: record.hostnames,
    crls: record.crl === null ? [] : [[record.crl.number, record.crl.entries]],
    blocked: record.blocked,
    policy: record.policy,
  }
  return difference(record.id, said, expected)
}

function modesOf({ domain }: Author, { result }: Answer) {
  const own = listOf(result).filter(({ hostname }) => String(hostname).endsWith(`.${domain}`))
  return Object.fromEntries(
    own.map(({ hostname, mode, until }) => [
      String(hostname),
      mode === 'open' ? 'open' : `report until ${Date.parse(String(until)) / 1_000}`,
    ]),
  )
}

function settingsOf({ domain }: Author, { result }: Answer) {
  const own = listOf(result).filter(({ hostname }) => String(hostname).endsWith(`.${domain}`))
  return Object.fromEntries(
    own.map(({ hostname, china_network: china, client_certificate_forwarding: forwarding }) => [
      String(hostname),
      `${china === true ? 'china ' : ''}${forwarding === true ? 'forwarding' : ''}`.trim(),
    ]),
  )
}

function difference(what: string, said: object, expected: object): readonly string[] {
  const [a, b] = [said, expected].map((one) => JSON.stringify(Object.entries(one).sort(([x], [y]) => (x < y ? -1 : 1))))
  return a === b ? [] : [`the API says of ${what}: ${a}, not ${b}`]
}

type Fields = Readonly<Record<string, unknown>>
const objectOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value : [])
