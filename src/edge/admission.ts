import { certificateRef, type Holder, holderOf, type Refused, type ValidPath } from '../x509/index.ts'
import type { IdentityRule, IdentityRules } from './identity-rules.ts'

/** A valid client that no identity rule of the hostname matches. */
export interface IdentityFault {
  readonly reason: 'identity_not_allowed'
  /** How many rules the hostname has. */
  readonly rules: number
  /** The first of them. */
  readonly asked: readonly IdentityRule[]
  /** What the client has, without what it has none of: the first values, cut off. */
  readonly has: Partial<Holder>
}

/** The refusal of a valid client. It has the shape of any other. */
export type NotAllowed = Omit<Refused, 'code' | 'fault' | 'trace'> & {
  readonly code: IdentityFault['reason']
  readonly fault: IdentityFault
}

/** How many rules, how many values of a kind, and how much of a value a refusal shows: a line of log has room for them. */
const SHOWN_RULES = 5
const SHOWN_VALUES = 5
const SHOWN_CHARACTERS = 256

/**
 * Why a client with a valid path may not enter; undefined where it may. It is no rule of RFC 5280: the owner of the hostname says
 * which of the CA's clients may enter.
 */
export async function whyNotAllowed(
  { path }: Pick<ValidPath, 'path'>,
  rules: IdentityRules | undefined,
): Promise<IdentityFault | undefined> {
  if (rules === undefined) return undefined
  const holder = await holderOf(path)
  if (rules.admit(holder)) return undefined
  const { list } = rules
  return {
    reason: 'identity_not_allowed',
    rules: list.length,
    asked: list.slice(0, SHOWN_RULES).map((rule) => mapValues(rule, cut)),
    has: mapValues(holder, (values: readonly string[]) =>
      values.length === 0 ? undefined : values.slice(0, SHOWN_VALUES).map(cut),
    ),
  }
}

/** The refusal in plain data, with its words. */
export async function notAllowed({ path: [leaf] }: Pick<ValidPath, 'path'>, fault: IdentityFault): Promise<NotAllowed> {
  return {
    accepted: false,
    code: fault.reason,
    fault,
    ...(leaf && { certificate: await certificateRef(leaf) }),
    section: 'docs/differences.md, identity rules',
    openssl: 'application verification failure',
    message: `The client certificate is valid, but ${
      fault.rules === 1 ? 'does not match the one identity rule' : `matches none of the ${fault.rules} identity rules`
    } of the hostname.`,
    suggestion:
      'Compare what the rules ask for (fault.asked) with what the certificate has (fault.has). To let the client in, add a rule that it matches (PUT hostnames/{hostname}, identities), or issue it a certificate that matches one.',
  }
}

const cut = (text: string) => (text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text)

/** The same keys with other values; those that become undefined are left out. */
function mapValues<K extends string, V, W>(
  object: { readonly [P in K]?: V | undefined },
  change: (value: V) => W | undefined,
): { readonly [P in K]?: W } {
  const entries = Object.entries<V | undefined>(object as Readonly<Record<K, V | undefined>>)
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const changed = value === undefined ? undefined : change(value)
      return changed === undefined ? [] : [[key, changed]]
    }),
  ) as { readonly [P in K]?: W }
}
