import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { snakeCase } from '../../core/snake-case.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import {
  CertificateId,
  Count,
  Fingerprint,
  Flag,
  objectMessage,
  Text,
  Time,
  UnixSeconds,
  unixSeconds,
  WireTime,
} from '../../web/shapes.ts'
import { ignoredFields, readDraft } from '../fields.ts'
import { type Decision, verifyClient } from './rules.ts'

/** `certificate` and `chain` are in any form that `edge/presented.ts` reads. */
const VerifyBody = v.object(
  { hostname: Text, certificate: Text, chain: v.nullish(Text), at: v.nullish(Time), trace: Flag },
  objectMessage,
)

const Role = v.picklist(['leaf', 'intermediate', 'anchor'])
const Facts = v.looseObject({ reason: v.string() })

const CertificateReference = v.pipe(
  v.strictObject({
    role: Role,
    subject: v.string(),
    issuer: v.string(),
    serial_number: v.string(),
    sha256: Fingerprint,
    anchor_id: v.exactOptional(CertificateId),
    position: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    certificate_id: v.exactOptional(CertificateId),
  }),
  v.title('CertificateReference'),
)

const Trace = v.pipe(
  v.array(
    v.strictObject({
      check: v.string(),
      role: Role,
      subject: v.string(),
      height: Count,
      fault: v.exactOptional(Facts),
    }),
  ),
  v.title('Trace'),
)

const CrlReference = v.pipe(
  v.strictObject({
    certificate_id: CertificateId,
    issuer: v.string(),
    number: v.exactOptional(
      v.pipe(
        v.string(),
        v.regex(/^(0|[1-9a-f][0-9a-f]{0,39})$/),
        v.description('cRLNumber, hexadecimal; absent where it has none'),
      ),
    ),
    this_update: UnixSeconds,
    next_update: UnixSeconds,
    age_seconds: v.pipe(v.number(), v.integer()),
  }),
  v.title('CrlReference'),
)

const RevocationStatus = v.pipe(
  v.strictObject({
    height: v.pipe(v.number(), v.integer(), v.minValue(0), v.description('Place on the path; the leaf is 0')),
    subject: v.string(),
    status: v.pipe(
      v.picklist(['good', 'stale', 'not_covered']),
      v.description('stale: the CRL that does not list it is past its nextUpdate; not_covered: no CRL here covers it'),
    ),
    crl: v.exactOptional(CrlReference),
  }),
  v.title('RevocationStatus'),
)

const Accepted = v.pipe(
  v.strictObject({
    hostname: v.string(),
    at: WireTime,
    accepted: v.literal(true),
    path: v.pipe(v.array(CertificateReference), v.metadata({ minItems: 1 })),
    revocation: v.pipe(
      v.array(RevocationStatus),
      v.description('One for each certificate of the path except the anchor, from the leaf up'),
    ),
    trace: v.exactOptional(Trace),
  }),
  v.title('Accepted'),
)

const Refused = v.pipe(
  v.strictObject({
    hostname: v.string(),
    at: WireTime,
    accepted: v.literal(false),
    code: v.string(),
    fault: Facts,
    certificate: v.exactOptional(CertificateReference),
    section: v.pipe(v.string(), v.description('The rule: a section of an RFC, or of docs/conformance.md')),
    openssl: v.pipe(v.string(), v.description('What OpenSSL calls it')),
    message: v.string(),
    suggestion: v.string(),
    trace: v.exactOptional(Trace),
  }),
  v.title('Refused'),
)

const Decided = v.variant('accepted', [Accepted, Refused])

/** A decision on the wire: the keys of the verdict, in snake_case. */
export function shown({ hostname, at, verdict }: Decision): Shape<typeof Decided> {
  return { hostname, at: rfc3339(at), ...snakeCase(verdict) }
}

/** Decides on a client certificate. A request whose certificate is refused is a success. */
export const VERIFY = [
  operation({
    namespace: 'edge',
    method: 'POST',
    path: `${SCOPE}/verify`,
    permission: 'read',
    summary: 'Decide on a client certificate',
    body: VerifyBody,
    status: 200,
    result: Decided,
    async serve({ request, claim, context }) {
      const draft = await readDraft(request, VerifyBody)
      const decision = await verifyClient(
        context.db,
        claim,
        mapOk(draft, ({ fields: { hostname, certificate, chain, at, trace }, faults }) => ({
          hostname,
          certificate,
          chain: chain ?? undefined,
          at: at ? unixSeconds(at) : undefined,
          trace: trace === true,
          faults,
        })),
      )
      return mapOk(decision, (one) => ({ result: shown(one), messages: ignoredFields(VerifyBody, draft) }))
    },
  }),
]
