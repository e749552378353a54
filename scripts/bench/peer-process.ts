/**
 * What a person would write in Node with nothing but Node: certificates are read by OpenSSL (`X509Certificate`) and kept in SQLite,
 * in a file, in write-ahead mode. No credentials, no rules, no zones. Prints its port.
 */

import { randomUUID, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'

const folder = mkdtempSync(join(tmpdir(), 'access-mtls-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit())
// What started it is gone.
process.stdin.on('end', () => process.exit()).resume()

const database = new DatabaseSync(join(folder, 'peer.sqlite'))
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE certificates (id TEXT PRIMARY KEY, name TEXT, fingerprint TEXT, pem TEXT, expires_on TEXT) STRICT`)
const insert = database.prepare('INSERT INTO certificates VALUES (?, ?, ?, ?, ?)')
const list = database.prepare('SELECT id, name, fingerprint, expires_on FROM certificates ORDER BY rowid LIMIT 10')

const server = createServer(async (request, response) => {
  const answer = (status: number, result: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ result, success: true }))
  if (request.method === 'GET') return answer(200, list.all())
  const { name, certificate }: Record<string, string> = JSON.parse(await text(request))
  const read = new X509Certificate(certificate ?? '')
  if (!read.ca) return answer(400, null)
  const row = [randomUUID(), name ?? '', read.fingerprint256, read.toString(), read.validTo] as const
  insert.run(...row)
  return answer(201, { id: row[0], name, fingerprint: row[2], expires_on: row[4] })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : '')
})
