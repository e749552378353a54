import { hasEmptyRdn, type Name } from '../../certificate/name.ts'
import { rdnKeys } from '../../certificate/name-key.ts'

/** A distinguished name, each RDN in the form that compares (RFC 5280 7.1); as a subtree: all names beginning with it. */
export interface DirectoryName {
  readonly form: 'directoryName'
  readonly rdns: readonly string[]
}

/** Undefined for a name with an empty RDN: whether it counts as one is read differently. */
export function directoryName(name: Name): DirectoryName | undefined {
  if (hasEmptyRdn(name)) return undefined
  return { form: 'directoryName', rdns: rdnKeys(name) }
}

/** RFC 5280 4.2.1.10 and 7.1: within a subtree when the subtree's RDNs are the first ones of the name. */
export function directoryWithin(name: DirectoryName, subtree: DirectoryName): boolean {
  return subtree.rdns.every((rdn, i) => rdn === name.rdns[i])
}
