import { type Api, type ApiRequest, startApi } from '../api.ts'
import type { Random } from '../random.ts'
import { bodyText, type Material, onWire, soundRequest } from '../requests.ts'
import { ACCOUNT, base64Of, crlOf, firstId, SCENE, TOKENS } from '../scene.ts'
import { sourceOf } from '../source.ts'
import type { Outcome, Target } from '../target.ts'
import { mutatedText } from '../text-edits.ts'
import { shown } from './json.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'TRACE', 'X'] as const
const PATH_TOKENS = [
  '/',
  '//',
  '..',
  '%2f',
  '%00',
  '%ff',
  '%',
  '?',
  '#',
  ';',
  'client/v4',
  'edge/v1',
  'accounts',
  'zones',
  ACCOUNT,
  firstId(),
] as const
const HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-type', 'application/pkix-crl'],
  ['x-auth-email', 'a@example.com'],
  ['x-auth-key', 'a'.repeat(37)],
  ['authorization', 'Bearer \u00ff'],
  ['x-d1-bookmark', '00000000-00000000-00000000-00000000000000000000000000000000'],
  ['cf-connecting-ip', '192.0.2.1'],
  ['origin', 'https://a.example'],
  ['accept-encoding', 'gzip'],
  ['x', 'a'.repeat(4_000)],
]

/** Whole requests, a few one after the other on the same database. */
export const http: Target<readonly ApiRequest[]> = {
  name: 'http',
  batch: 5,
  weight: 5,
  async open(setup) {
    const api = await startApi()
    const material = { certificate: sourceOf(setup) }
    await api.set(SCENE)
    return {
      make: (random) => Array.from({ length: 1 + random.few(4) }, () => oneRequest(random, material)),
      judge: async (inputs) => {
        const outcomes: Outcome[] = []
        for (const input of inputs) outcomes.push(await judge(api, input))
        return outcomes
      },
      show: (requests) => requests.map(shown).join('\n\n'),
      close: () => api.stop(),
    }
  },
}

function oneRequest(random: Random, material: Material): ApiRequest {
  const sound = soundRequest(random, material)
  const text =
    sound.body === undefined ? undefined : random.oneIn(2) ? JSON.stringify(sound.body) : bodyText(sound.body, random)
  const token = random.oneIn(5) ? random.pick([...Object.values(TOKENS), 'unknown', 'a b']) : TOKENS.writer
  const wire = onWire(sound, text, token)
  return {
    method: random.oneIn(8) ? random.pick(METHODS) : wire.method,
    path: random.oneIn(4) ? sendable(mutatedText(wire.path, random, PATH_TOKENS)) : wire.path,
    headers: changedHeaders(wire.headers, random),
    body: random.oneIn(6) ? otherBody(random) : wire.body,
  }
}

function changedHeaders(headers: ApiRequest['headers'], random: Random): ApiRequest['headers'] {
  const kept = random.oneIn(8) ? headers.slice(0, random.below(headers.length + 1)) : headers
  const added = Array.from({ length: random.few(2) }, () => random.pick(HEADERS))
  const names = new Set(added.map(([name]) => name))
  return [...kept.filter(([name]) => !names.has(name)), ...new Map(added)]
}

const FORM = '--x\r\ncontent-disposition: form-data; name="certificate"; filename="a.pem"\r\n\r\nabc\r\n--x--\r\n'

function otherBody(random: Random): string | undefined {
  return random.pick<() => string | undefined>([
    () => undefined,
    () => base64Of(random.oneIn(3) ? FORM : mutatedText(FORM, random, ['--x', '\r\n', 'name="name"', ';'])),
    () => Buffer.from(crlOf(random)).toString('base64'),
    () => Buffer.from(random.bytes(random.below(200))).toString('base64'),
    () => base64Of('['.repeat(random.pick([10, 100_000, 262_145]))),
    () => base64Of(`{"name":${'[{"a":'.repeat(random.pick([10, 30_000]))}`),
  ])()
}

/** As Node's client sends it: printable characters of Latin-1. The others are percent-encoded. */
function sendable(path: string): string {
  const plain = path.toWellFormed().replace(/[^\u0021-\u00ff]/gu, (character) => encodeURIComponent(character))
  return plain.startsWith('/') ? plain : `/${plain}`
}

/** The outcome of the last request; a problem of any. */
async function judge(api: Api, requests: readonly ApiRequest[]): Promise<Outcome> {
  let dirty = false
  let outcome: Outcome = { accepted: false, reason: 'none' }
  for (const [index, one] of requests.entries()) {
    const { status, code, problem, written } = await api.send(one, index === requests.length - 1)
    dirty ||= written > 0
    const accepted = status < 400
    outcome = { accepted, reason: accepted ? `${status} ${one.method}` : `${status} ${code ?? ''}`, problem }
    if (problem !== undefined) break
  }
  if (dirty) await api.set(SCENE)
  return outcome
}
