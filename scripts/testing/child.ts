/**
 * The process of a service that `startAccessMtls` starts. It takes orders from the process of the test by the channel between both,
 * and ends when that channel does: workerd ends with it, also where the test's process is killed.
 */
import { packagedParts } from '../start/packaged-parts.ts'
import { LocalService } from './local-service.ts'
import type { Command, Commands, Order, Reply } from './messages.ts'

const reply = (message: Reply) => process.send?.(message)

process.once('disconnect', () => process.exit())

let service: LocalService | undefined

const running = (): LocalService => {
  if (service === undefined) throw new Error('the service has not started')
  return service
}

const COMMANDS: { readonly [C in Command]: (body: Commands[C][0]) => Promise<Commands[C][1]> } = {
  async start(order) {
    service = await LocalService.start(packagedParts(), order, (line) => reply({ line }))
    return service.started
  },
  reset: () => running().reset().then(nothing),
  seed: (seed) => running().seed(seed),
  time: (ms) => running().setTime(ms).then(nothing),
  fail: (fault) => running().fail(fault).then(nothing),
  faults: () => running().faults(),
  stop: async () => {
    await service?.stop()
    return null
  },
}

const nothing = () => null

process.on('message', async ({ id, command, body }: Order) => {
  try {
    const act = COMMANDS[command] as (given: unknown) => Promise<unknown>
    reply({ id, result: await act(body) })
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) })
  }
})
