import { toBase64 } from '../../../src/core/bytes.ts'
import { encodePem } from '../../../src/x509/index.ts'
import { type Chain, changedChain, soundChain } from '../chain.ts'
import { alone, PATH_CLASSES } from '../known-paths.ts'
import type { Lab } from '../lab.ts'
import { NOW } from '../make.ts'
import { verifyChains } from '../openssl-verify.ts'
import { Random } from '../random.ts'
import type { Outcome, Session, Setup, Target } from '../target.ts'
import { parse } from '../tlv.ts'
import type { Observation, PathFacts, PathInput } from '../wire.ts'

/** Chains that are the same in every run: OpenSSL verifies their changed leaves in one process. */
const COMMON = 16

/** Paths, of which one or two certificates are changed. OpenSSL verifies what is accepted. */
export const path: Target<Chain> = { name: 'path', batch: 50, weight: 5, open }

async function open({ corpus, lab }: Setup): Promise<Session<Chain>> {
  const trees = corpus.flatMap((der) => parse(der) ?? [])
  const common = Array.from({ length: COMMON }, (_, i) => soundChain(new Random(0, 'common', i)))
  return {
    make(random) {
      const sound = random.oneIn(2) ? random.pick(common) : soundChain(random)
      return random.oneIn(3) ? sound : changedChain(sound, random, trees)
    },
    judge: (chains) => judge(lab, chains),
    show: ({ leaf, intermediates, anchors }) =>
      `leaf, intermediates, anchors at ${NOW}\n${[[leaf], intermediates, anchors].map((links) => links.map(({ der }) => encodePem(der)).join('')).join('\n')}`,
  }
}

async function judge(lab: Lab, chains: readonly Chain[]): Promise<readonly Outcome[]> {
  const seen = await observe(lab, chains)
  const accepted = [...chains.entries()].filter(([i]) => seen[i]?.accepted)
  const refusals = await verifyChains(accepted.map(([, chain]) => chain))
  const byIndex = new Map(accepted.map(([i], at) => [i, refusals[at]]))
  const outcomes: Outcome[] = []
  for (const [i, { facts, ...outcome }] of seen.entries()) {
    const refusal = byIndex.get(i)
    const chain = chains[i]
    if (refusal === undefined || chain === undefined) outcomes.push(outcome)
    else outcomes.push(await explained(lab, chain, { facts, ...outcome }, refusal))
  }
  return outcomes
}

/** The class to which a disagreement belongs, as the reason; or the disagreement, as a problem. */
async function explained(lab: Lab, chain: Chain, seen: Observation, refusal: string): Promise<Outcome> {
  const { facts, ...outcome } = seen
  if (await bothAccept(chain, seen)) return { ...outcome, reason: 'one-path' }
  const all = {
    name: 'several classes',
    without: (given: Chain) => PATH_CLASSES.reduce((one, { without }) => without(one), given),
  }
  for (const { name, without } of [...PATH_CLASSES, all]) {
    const reduced = without(chain)
    const [again] = await observe(lab, [reduced])
    if (again !== undefined && (await bothAccept(reduced, again))) return { ...outcome, reason: name }
  }
  return { ...outcome, problem: `OpenSSL refuses it: ${refusal}` }
}

/** Whether OpenSSL accepts the path that was found, when it is given nothing else. */
async function bothAccept(chain: Chain, { accepted, facts }: Observation): Promise<boolean> {
  if (!accepted) return false
  const [refusal] = await verifyChains([alone(chain, (facts as PathFacts).path)])
  return refusal === undefined
}

function observe(lab: Lab, chains: readonly Chain[]): Promise<readonly Observation[]> {
  const inputs = chains.map(({ leaf, intermediates, anchors }): PathInput => {
    const ders = (links: Chain['anchors']) => links.map(({ der }) => toBase64(der))
    return { leaf: toBase64(leaf.der), intermediates: ders(intermediates), anchors: ders(anchors), at: NOW }
  })
  return lab.ask({ target: 'path', inputs })
}
