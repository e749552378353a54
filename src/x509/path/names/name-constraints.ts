import type { Budget } from '../../budget.ts'
import type { GeneralName } from '../../certificate/general-name.ts'
import { displayName } from '../../certificate/name.ts'
import type { Entry } from '../entry.ts'
import type { NameFault } from '../reasons/fault.ts'
import { constrainedNames, governingForms } from './constrained-names.ts'
import {
  displayGeneralName,
  displaySubtree,
  readConstrainedName,
  readSubtree,
  type Subtree,
  within,
} from './subtree.ts'

/** How many permitted subtrees a refusal lists: enough to see the pattern, and few enough to read. */
const MAX_SHOWN_SUBTREES = 8

/** One CA's constraints on one form of name. */
interface FormConstraints {
  readonly permitted: ReadSubtree[]
  readonly excluded: ReadSubtree[]
}

interface ReadSubtree {
  readonly base: GeneralName
  /** Undefined where the form cannot be compared. */
  readonly subtree: Subtree | undefined
}

/** A CA's name constraints. */
interface Constraints {
  readonly byForm: ReadonlyMap<GeneralName['form'], FormConstraints>
  /** The first malformed subtree. */
  readonly malformed: GeneralName | undefined
}

/** A fault and its certificate. */
export interface NameVerdict {
  readonly at: Entry
  readonly fault: NameFault
}

/**
 * Applies name constraints (RFC 5280 4.2.1.10, 6.1.3 (b) and (c), 6.1.4 (g)) in one decision. It remembers what it read and
 * compared, so that the same pair on another branch costs nothing.
 */
export class NameConstraintChecker {
  readonly #budget: Budget
  readonly #constraints = new Map<Entry, Constraints | undefined>()
  readonly #verdicts = new Map<Entry, Map<Entry, NameVerdict | undefined>>()

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /**
   * Checks the names below a CA against its constraints. 6.1.3 (b): self-issued intermediates are exempt; the leaf never is.
   * @param below the path below the CA, the leaf first
   */
  check(ca: Entry, below: readonly Entry[]): NameVerdict | undefined {
    const constraints = this.#read(ca)
    if (constraints === undefined) return undefined
    if (constraints.malformed !== undefined) {
      const subtree = displaySubtree(constraints.malformed)
      return { at: ca, fault: { reason: 'name_constraint_malformed', subtree } }
    }
    for (const [index, entry] of below.entries()) {
      if (index > 0 && entry.selfIssued) continue
      const verdict = this.#remembered(ca, entry, constraints)
      if (verdict !== undefined) return verdict
    }
    return undefined
  }

  #read(ca: Entry): Constraints | undefined {
    if (!this.#constraints.has(ca)) this.#constraints.set(ca, readConstraints(ca))
    return this.#constraints.get(ca)
  }

  #remembered(ca: Entry, entry: Entry, constraints: Constraints): NameVerdict | undefined {
    const known = this.#verdicts.get(ca) ?? new Map<Entry, NameVerdict | undefined>()
    this.#verdicts.set(ca, known)
    if (!known.has(entry)) known.set(entry, this.#compare(ca, entry, constraints))
    return known.get(entry)
  }

  #compare(ca: Entry, entry: Entry, { byForm }: Constraints): NameVerdict | undefined {
    const by = displayName(ca.certificate.subject)
    const names = constrainedNames(entry.certificate)
    if (!names.ok) {
      const { field, problem } = names.error
      return { at: entry, fault: { reason: 'name_unreadable', name: `${field} (${problem})`, by } }
    }
    for (const name of names.value) {
      for (const form of governingForms(name)) {
        const constraints = byForm.get(form)
        const fault = constraints && this.#faultOf(name, constraints, by)
        if (fault !== undefined) return { at: entry, fault }
      }
    }
    return undefined
  }

  #faultOf(general: GeneralName, { permitted, excluded }: FormConstraints, by: string): NameFault | undefined {
    const name = readConstrainedName(general)
    const shown = { name: displayGeneralName(general), by }
    // 4.2.1.10: "MUST either process the constraint or reject the certificate."
    if (name === 'unsupported') return { reason: 'name_form_unsupported', form: general.form, ...shown }
    if (name === 'malformed') return { reason: 'name_unreadable', ...shown }
    const lies = (list: 'permitted' | 'excluded') => (candidate: ReadSubtree) => {
      this.#budget.spend('nameComparisons')
      return candidate.subtree !== undefined && within(name, candidate.subtree, list)
    }
    const excluding = excluded.find(lies('excluded'))
    if (excluding !== undefined) {
      return { reason: 'name_excluded', subtree: displaySubtree(excluding.base), ...shown }
    }
    if (permitted.length === 0 || permitted.some(lies('permitted'))) return undefined
    const shownSubtrees = permitted.slice(0, MAX_SHOWN_SUBTREES).map(({ base }) => displaySubtree(base))
    return { reason: 'name_not_permitted', permitted: shownSubtrees, permittedCount: permitted.length, ...shown }
  }
}

function readConstraints(ca: Entry): Constraints | undefined {
  const { nameConstraints } = ca.certificate.extensions.values
  if (nameConstraints === undefined) return undefined
  const byForm = new Map<GeneralName['form'], FormConstraints>()
  let malformed: GeneralName | undefined
  for (const list of ['permitted', 'excluded'] as const) {
    for (const base of nameConstraints[list]) {
      const subtree = readSubtree(base)
      if (subtree === 'malformed') malformed ??= base
      const constraints = byForm.get(base.form) ?? { permitted: [], excluded: [] }
      byForm.set(base.form, constraints)
      constraints[list].push({ base, subtree: typeof subtree === 'string' ? undefined : subtree })
    }
  }
  return { byForm, malformed }
}
