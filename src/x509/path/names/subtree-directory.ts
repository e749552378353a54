import { hasEmptyRdn, type Name } from '../../certificate/name.ts'
import { rdnKeys } from '../../certificate/name-key.ts'

/** A distinguished name whose RDNs are comparison keys (RFC 5280 7.1). As a subtree, it stands for all names that begin with it. */
export interface DirectoryName {
  readonly form: 'directoryName'
  readonly rdns: readonly string[]
}

/** Undefined for a name with an empty RDN: software differs on whether that counts as an RDN. */
export function directoryName(name: Name): DirectoryName | undefined {
  if (hasEmptyRdn(name)) return undefined
  return { form: 'directoryName', rdns: rdnKeys(name) }
}

/** RFC 5280 4.2.1.10 and 7.1: a name lies in a subtree whose RDNs are the first ones of the name. */
export function directoryWithin(name: DirectoryName, subtree: DirectoryName): boolean {
  return subtree.rdns.every((rdn, i) => rdn === name.rdns[i])
}
