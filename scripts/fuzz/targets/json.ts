import { type Api, type ApiRequest, startApi } from '../api.ts'
import { bodyText, onWire, soundBody } from '../requests.ts'
import { SCENE } from '../scene.ts'
import { sourceOf } from '../source.ts'
import type { Outcome, Target } from '../target.ts'

/** JSON bodies of any shape, to every operation that takes one, with a database as it is at the beginning. */
export const json: Target<ApiRequest> = {
  name: 'json',
  batch: 10,
  weight: 5,
  async open(setup) {
    const api = await startApi()
    await api.set(SCENE)
    const material = { certificate: sourceOf(setup) }
    return {
      make(random) {
        const sound = soundBody(random, material)
        return onWire(sound, bodyText(sound.body, random))
      },
      judge: async (inputs) => {
        const outcomes: Outcome[] = []
        for (const input of inputs) outcomes.push(await judge(api, input))
        return outcomes
      },
      show: shown,
      close: () => api.stop(),
    }
  },
}

async function judge(api: Api, input: ApiRequest): Promise<Outcome> {
  const { status, code, problem, written } = await api.send(input, true)
  if (written > 0) await api.set(SCENE)
  const accepted = status < 400
  return { accepted, reason: accepted ? `${input.method} ${operationOf(input)}` : `${status} ${code ?? ''}`, problem }
}

function operationOf({ path }: ApiRequest): string {
  return path
    .replace(/.*\/(?=access|edge)/, '')
    .replace(/[0-9a-f-]{32,}/g, '…')
    .slice(0, 50)
}

/** A request as text. */
export function shown({ method, path, headers, body }: ApiRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  return [
    `${method} ${path}`,
    ...lines,
    '',
    body === undefined ? '' : Buffer.from(body, 'base64').toString('utf8'),
  ].join('\n')
}
