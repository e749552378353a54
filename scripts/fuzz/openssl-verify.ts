import { encodePem } from '../../src/x509/index.ts'
import type { Chain, Link } from './chain.ts'
import { NOW } from './make.ts'
import { openssl, withFolder } from './openssl.ts'

const ARGUMENTS = [
  'verify',
  '-purpose',
  'sslclient',
  '-partial_chain',
  '-attime',
  String(NOW),
  '-no-CApath',
  '-no-CAstore',
]
/** OpenSSL processes at once, for a machine with two cores. */
const AT_ONCE = 2

/** What OpenSSL says of a chain: undefined where it accepts, else its error. */
export type Refusal = string | undefined

/**
 * Has OpenSSL verify chains. Leaves with the same other certificates are verified by one process. Where there is no openssl, all
 * are accepted.
 */
export async function verifyChains(chains: readonly Chain[]): Promise<readonly Refusal[]> {
  const pems = (links: readonly Link[]) => links.map(({ der }) => encodePem(der)).join('')
  const groups = Map.groupBy(
    chains.entries(),
    ([, { intermediates, anchors }]) => `${pems(intermediates)} ${pems(anchors)}`,
  )
  const refusals: Refusal[] = []
  const left = groups.values()
  const work = async () => {
    for (const group of left) {
      for (const [i, refusal] of (
        await verifyGroup(
          group.map(([, chain]) => chain),
          pems,
        )
      ).entries()) {
        refusals[group[i]?.[0] ?? 0] = refusal
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return refusals
}

async function verifyGroup(
  chains: readonly Chain[],
  pems: (links: readonly Link[]) => string,
): Promise<readonly Refusal[]> {
  const [{ intermediates = [], anchors = [] } = {}] = chains
  return await withFolder(async (write) => {
    const untrusted = intermediates.length > 0 ? ['-untrusted', write('untrusted.pem', pems(intermediates))] : []
    const leaves = chains.map(({ leaf }, i) => write(`leaf-${i}.pem`, pems([leaf])))
    const printed = await openssl([
      ...ARGUMENTS,
      '-CAfile',
      write('anchors.pem', pems(anchors)),
      ...untrusted,
      ...leaves,
    ])
    if (printed === undefined) return chains.map(() => undefined)
    const { output } = printed
    return leaves.map((file) => (output.includes(`${file}: OK\n`) ? undefined : errorOf(file, output)))
  })
}

/** The line about a file, or about certificates that all have in common. A line before it has the error. */
function errorOf(file: string, output: string): string {
  const lines = output.split('\n')
  const at = lines.findIndex((line) => line.includes(file))
  return lines.slice(Math.max(0, at - 1), at + 1).join(' ') || lines.slice(0, 3).join(' ')
}
