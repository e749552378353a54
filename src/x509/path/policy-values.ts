import { contextTag, DerReader, TAG } from '../asn1/der.ts'
import { EXTENSION } from '../asn1/oids.ts'
import { readOid, smallCount } from '../asn1/values.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { certificatePolicies, type ValueFault } from '../certificate/informing-extensions.ts'

/** RFC 5280 4.2.1.4 */
export const ANY_POLICY = '2.5.29.32.0'

/** The values of a certificate's policy extensions; undefined where one is absent. */
export interface PolicyValues {
  /** Policy ids, dotted. Undefined too where they cannot be read: policies only allow, so none is the strict reading. */
  readonly policies: ReadonlySet<string> | undefined
  readonly unreadablePolicies: ValueFault | undefined
  /** Pairs of issuerDomainPolicy and subjectDomainPolicy. */
  readonly mappings: readonly (readonly [string, string])[]
  readonly requireExplicitPolicy: number | undefined
  readonly inhibitPolicyMapping: number | undefined
  readonly inhibitAnyPolicy: number | undefined
}

/** Remembers what was read, since a search meets the same certificates on several paths. */
const READ = new WeakMap<Certificate, PolicyValues>()

/**
 * The values of the policy extensions, critical or not: RFC 5280 6.1 makes no difference. Each certificate is read once. The
 * syntax of all except certificatePolicies was checked when the certificate was read.
 */
export function policyValues(certificate: Certificate): PolicyValues {
  const values = READ.get(certificate) ?? read(certificate)
  READ.set(certificate, values)
  return values
}

function read(certificate: Certificate): PolicyValues {
  const policies = certificatePolicies(certificate)
  const mappings = value(certificate, EXTENSION.policyMappings)
  const constraints = value(certificate, EXTENSION.policyConstraints)?.sequence('policyConstraints')
  const inhibitAny = value(certificate, EXTENSION.inhibitAnyPolicy)
  return {
    policies: policies?.ok ? policies.value : undefined,
    unreadablePolicies: policies?.ok === false ? policies.error : undefined,
    mappings: mappings ? readMappings(mappings) : [],
    requireExplicitPolicy: constraints && optionalCount(constraints, 0),
    inhibitPolicyMapping: constraints && optionalCount(constraints, 1),
    inhibitAnyPolicy: inhibitAny && smallCount(inhibitAny.expect(TAG.integer, 'inhibitAnyPolicy'), 'inhibitAnyPolicy'),
  }
}

/** Whether a certificate has policyConstraints or policyMappings. Where none on a path has, policies decide nothing. */
export function hasPolicyRules({ extensions }: Certificate): boolean {
  return extensions.list.some(({ oid }) => oid === EXTENSION.policyConstraints || oid === EXTENSION.policyMappings)
}

function value({ extensions }: Certificate, oid: string): DerReader | undefined {
  const found = extensions.list.find((extension) => extension.oid === oid)
  return found && DerReader.over(found.value)
}

/** 4.2.1.5 */
function readMappings(reader: DerReader): readonly (readonly [string, string])[] {
  const list = reader.sequence('policyMappings')
  const pairs: (readonly [string, string])[] = []
  while (!list.done) {
    const pair = list.sequence('policyMappings')
    pairs.push([readOid(pair, 'policyMappings'), readOid(pair, 'policyMappings')])
  }
  return pairs
}

/** 4.2.1.11: [0] requireExplicitPolicy and [1] inhibitPolicyMapping, in this order. */
function optionalCount(constraints: DerReader, number: 0 | 1): number | undefined {
  const tlv = constraints.optional(contextTag(number, 'primitive'), 'policyConstraints')
  return tlv && smallCount(tlv, 'policyConstraints')
}
