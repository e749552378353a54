import { Agent, request } from 'node:http'
import type { SqlAddress } from '../workerd/sql-client.ts'

/** The control surface of the local Worker (src/local/control.ts). */
export class ControlClient {
  readonly #address: SqlAddress
  readonly #secret: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(address: SqlAddress, secret: string) {
    this.#address = address
    this.#secret = secret
  }

  /** The result. Throws with what is wrong when the order is refused. */
  async send(method: 'GET' | 'POST', path: string, order?: unknown): Promise<unknown> {
    const { status, text } = await this.#exchange(method, path, order === undefined ? '' : JSON.stringify(order))
    if (status !== 200) throw new Error(text || `the service answered ${status}`)
    return JSON.parse(text)
  }

  #exchange(method: string, path: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const headers = { host: 'control', authorization: this.#secret, 'content-length': Buffer.byteLength(body) }
      const sent = request({ ...this.#address, path, method, headers, agent: this.#agent }, async (response) => {
        const text = await response.setEncoding('utf8').reduce((all: string, part: string) => all + part, '')
        resolve({ status: response.statusCode ?? 0, text })
      })
      sent.on('error', reject).end(body)
    })
  }
}
