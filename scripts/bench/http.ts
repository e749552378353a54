import { randomUUID } from 'node:crypto'
import { fromBase64 } from '../../src/core/bytes.ts'
import { encodePem } from '../../src/x509/index.ts'
import { certificatesUrl, jsonHeaders, newCertificate, register } from './api.ts'
import { type Compared, type Figure, figureOf, percentile } from './figure.ts'
import type { ClientChain } from './job.ts'
import { type Load, type Loaded, loadInRounds } from './load.ts'
import { startPeer } from './peer.ts'
import { addTenant, type Tenant } from './tenants.ts'
import type { Workers } from './workers.ts'

/** Certificates in the list that is asked for. */
const LISTED = 10
const INSERTED_BYTES = 2_048

const pem = (base64: string) => encodePem(fromBase64(base64))

/** The API over HTTP on the loopback interface, against Workers that do the least that can be done in its place. */
export async function httpFigures(
  workers: Workers,
  load: Load,
  reader: Tenant,
  chain: ClientChain,
): Promise<readonly Figure[]> {
  const hostname = `admin.${reader.domain}`
  const roots = uniqueRoots(chain.root)
  await register(workers, reader, pem(chain.root), [hostname])
  for (let i = 1; i < LISTED; i += 1) await register(workers, reader, roots(), [])
  const floorBody = 'x'.repeat(INSERTED_BYTES)
  const verifyBody = JSON.stringify({
    hostname,
    certificate: pem(chain.leaf),
    chain: chain.intermediates.map(pem).join(''),
  })
  const peer = await startPeer()
  const loaded = await loadInRounds(
    [
      { name: 'bare handler', url: workers.url('bare', '/'), method: 'GET', status: 200 },
      { name: 'one SELECT', url: workers.url('select', '/'), method: 'GET', status: 200, floor: 'bare handler' },
      {
        name: 'one INSERT of 2 KB',
        url: workers.url('insert', '/'),
        method: 'POST',
        body: () => floorBody,
        status: 201,
        floor: 'bare handler',
      },
      {
        name: `GET certificates (${LISTED})`,
        url: certificatesUrl(workers, reader),
        method: 'GET',
        headers: jsonHeaders(reader),
        status: 200,
        floor: 'one SELECT',
      },
      {
        name: 'POST certificate',
        url: certificatesUrl(workers, reader),
        method: 'POST',
        // An account of its own for each round: what it costs must not depend on how many were added before.
        renew: async () => {
          const writer = await addTenant(workers.db, `${randomUUID()}.example`)
          return { url: certificatesUrl(workers, writer), headers: jsonHeaders(writer) }
        },
        body: () => newCertificate(roots(), []),
        status: 201,
        floor: 'one INSERT of 2 KB',
      },
      {
        name: 'POST verify',
        url: workers.url('api', `/edge/v1/accounts/${reader.accountId}/verify`),
        method: 'POST',
        headers: jsonHeaders(reader),
        body: () => verifyBody,
        status: 200,
        floor: 'one SELECT',
      },
      {
        name: `peer: Node and SQLite, GET (${LISTED})`,
        url: peer.url,
        method: 'GET',
        status: 200,
        floor: 'one SELECT',
      },
      {
        name: 'peer: Node and SQLite, POST',
        url: peer.url,
        method: 'POST',
        body: () => newCertificate(roots(), []),
        status: 201,
        floor: 'one INSERT of 2 KB',
      },
    ],
    load,
  ).finally(peer.stop)
  return loaded.flatMap((one) => comparisonsOf(one, loaded)).map(figureOf)
}

/** Rate, median, 95th and 99th percentile of a target. */
function comparisonsOf({ target, ...values }: Loaded, all: readonly Loaded[]): readonly Compared[] {
  const floor = all.find(({ target: { name } }) => name === target.floor)
  const compared = (
    name: string,
    unit: Compared['unit'],
    of: (loaded: Omit<Loaded, 'target'>) => readonly number[],
  ) => ({
    section: 'HTTP',
    name: `${target.name}, ${name}`,
    unit,
    values: of(values),
    ...(floor && { floor: { name: floor.target.name, values: of(floor) } }),
  })
  const latency =
    (share: number) =>
    ({ latencies }: Omit<Loaded, 'target'>) =>
      latencies.map((round) => percentile(round, share))
  return [
    compared('rate', 'requests/s', ({ requestsPerSecond }) => requestsPerSecond),
    compared('p50', 'ms', latency(0.5)),
    compared('p95', 'ms', latency(0.95)),
    compared('p99', 'ms', latency(0.99)),
  ]
}

/** The same root with another signature each time: an account takes each content once, and roots' own are not checked. */
function uniqueRoots(root: string): () => string {
  const der = Buffer.from(root, 'base64')
  let number = 0
  return () => {
    number += 1
    der.writeUInt32BE(number, der.length - 8)
    return encodePem(der)
  }
}
