import { request } from 'node:http'
import type { Statement } from '../../src/store/statement.ts'

export type Rows = readonly Readonly<Record<string, unknown>>[]

/** Runs statements as one transaction; returns the rows of each. Throws DatabaseError when one is refused. */
export type Execute = (statements: readonly Statement[]) => Promise<readonly Rows[]>

/** The database refused a statement; `text` is what it said. */
export class DatabaseError extends Error {
  readonly text: string

  constructor(text: string) {
    super(text)
    this.name = 'DatabaseError'
    this.text = text
  }
}

/** Where the Worker of the database listens. */
export type SqlAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/** The Worker of the database (sql-worker.ts), for the process that bound it to `secret`. */
export class SqlClient {
  readonly #address: SqlAddress
  readonly #secret: string

  constructor(address: SqlAddress, secret: string) {
    this.#address = address
    this.#secret = secret
  }

  readonly execute: Execute = async (statements) => {
    const { status, text } = await this.#send('POST', JSON.stringify(statements))
    if (status === 400) throw new DatabaseError(text)
    if (status !== 200) throw new Error(`the local database answered ${status}`)
    return JSON.parse(text)
  }

  /** Says that the database is as it should be: Workers that wait for that go on. */
  async open(): Promise<void> {
    const { status } = await this.#send('PUT', '')
    if (status !== 204) throw new Error(`the local database answered ${status}`)
  }

  // Not fetch, which knows no sockets and takes 30 ms to load.
  #send(method: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const headers = { host: 'sql', authorization: this.#secret, 'content-length': Buffer.byteLength(body) }
      const sent = request({ ...this.#address, method, headers, agent: false }, async (response) => {
        const text = await response.setEncoding('utf8').reduce((all: string, part: string) => all + part, '')
        resolve({ status: response.statusCode ?? 0, text })
      })
      sent.on('error', reject).end(body)
    })
  }
}
