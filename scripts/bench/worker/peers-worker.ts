import type { PeersJob } from '../job.ts'
import { compareInRounds, timeInRounds } from '../rounds.ts'
import { byNode, byPeculiar, byPkijs, type PeculiarX509 } from './decide-by.ts'
import { bareSignatures } from './floors.ts'

/**
 * The Worker in which others decide on the same chain. `/rounds` times them, `/floor` the signatures alone; `/accepts` says who
 * lets the client in.
 * @param peculiar where it is installed
 */
export function peersWorker(peculiar?: PeculiarX509) {
  return {
    async fetch(request: Request): Promise<Response> {
      const job: PeersJob = await request.json()
      const { chain } = job
      const peers = [
        { name: "pkijs' engine", decide: byPkijs(chain) },
        { name: 'node:crypto, names and signatures', decide: byNode(chain) },
        ...(peculiar
          ? [{ name: '@peculiar/x509, names, signatures, dates', decide: byPeculiar(peculiar, chain) }]
          : []),
      ]
      const floor = { name: 'its 2 signatures', once: bareSignatures(chain.signatures) }
      switch (new URL(request.url).pathname) {
        case '/accepts':
          return Response.json(
            Object.fromEntries(await Promise.all(peers.map(async ({ name, decide }) => [name, await decide()]))),
          )
        case '/floor':
          return Response.json((await timeInRounds([floor.once], job))[0])
        default: {
          const subjects = peers.map(({ name, decide }) => ({
            section: 'peers: decision, nothing cached',
            name: `P-256, 1 root, ${name}`,
            once: async () => {
              if (!(await decide())) throw new Error(`the chain is refused: ${name}`)
            },
          }))
          return Response.json(await compareInRounds({ floor, subjects }, job))
        }
      }
    },
  }
}
