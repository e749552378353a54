import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Command, Commands, Order, Reply } from './messages.ts'

/** Beside this module, as `npm run build` leaves both. */
const CHILD = './testing-child.js'

/** How much of what the process says on stderr is kept, in characters: the end of it tells why it ended. */
const MAX_COMPLAINT = 4_000

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * The process of a service, as the process of the test sees it. It does not keep that one alive, unless an answer is waited for, and
 * ends with it in any case: the channel between both is closed then.
 */
export class ServiceProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #log: (line: string) => void
  #orders = 0
  #complaint = ''

  constructor(log: (line: string) => void) {
    this.#log = log
    // Options of the test runner's own process, such as a debugger's, are not for this one.
    const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env
    this.#child = spawn(process.execPath, ['--no-warnings', fileURLToPath(new URL(CHILD, import.meta.url))], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      windowsHide: true,
      // A group of its own: Ctrl-C in the terminal reaches the test, which may still want the service.
      detached: process.platform !== 'win32',
      env,
    })
    this.#child.on('message', (reply: Reply) => this.#take(reply))
    this.#child.on('error', (error) => this.#end(`could not be started: ${error.message}`))
    this.#child.on('exit', (code, signal) => this.#end(`ended (${signal ?? `exit code ${code}`})`))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-MAX_COMPLAINT)
    })
    this.#keepAlive()
  }

  /** What the service answers to an order. Rejects with what is wrong with it. */
  send<C extends Command>(command: C, body: Commands[C][0]): Promise<Commands[C][1]> {
    this.#orders += 1
    const order: Order<C> = { id: this.#orders, command, body }
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error('access-mtls: the service has ended'))
      this.#waiting.set(order.id, { resolve: (result) => resolve(result as Commands[C][1]), reject })
      this.#keepAlive()
      this.#child.send(order, (error) => error && this.#end(`cannot be reached: ${error.message}`))
    })
  }

  /** Ends the process, and returns once it is gone. */
  async stop(): Promise<void> {
    if (!this.#child.connected) return
    await this.send('stop', null)
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.ref()
    this.#child.disconnect()
    await gone
  }

  #take(reply: Reply): void {
    if ('line' in reply) {
      this.#log(reply.line)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    this.#keepAlive()
    if ('error' in reply) waiting?.reject(new Error(`access-mtls: ${reply.error}`))
    else waiting?.resolve(reply.result)
  }

  #end(why: string): void {
    const said = this.#complaint === '' ? '' : `; it said:\n${this.#complaint}`
    for (const { reject } of this.#waiting.values()) reject(new Error(`access-mtls: the service ${why}${said}`))
    this.#waiting.clear()
    this.#keepAlive()
  }

  /** The test's process lives on as long as it waits for an answer. */
  #keepAlive(): void {
    const { channel, stderr } = this.#child
    const handles = [this.#child, channel, stderr as { ref?(): void; unref?(): void } | null]
    for (const handle of handles) {
      if (this.#waiting.size > 0) handle?.ref?.()
      else handle?.unref?.()
    }
  }
}
