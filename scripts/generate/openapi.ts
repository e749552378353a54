import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { ROUTES } from '../../src/api/routes.ts'
import { snakeCase } from '../../src/core/snake-case.ts'
import { QUOTAS } from '../../src/store/quotas.ts'
import { MAX_PER_PAGE, type ResultKind, type Route, SCOPE_ID } from '../../src/web/route.ts'

/** An object of JSON Schema or OpenAPI. */
type Json = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of everything served under /client/v4, from the route table and the body schemas. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of ROUTES) {
    for (const path of documentPaths(route)) {
      paths[path] = {
        // What is not Cloudflare's is not under Cloudflare's prefix.
        ...(route.namespace === 'edge' ? { servers: [{ url: '/' }] } : {}),
        ...paths[path],
        [route.method.toLowerCase()]: operation(route, path),
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'access-mtls',
      version: '1.0.0',
      description: "Cloudflare's API for Access mTLS certificates, served by a Worker of your own.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/client/v4' }, { url: '/' }],
    security: [{ token: [] }, { email: [], key: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        email: { type: 'apiKey', in: 'header', name: 'X-Auth-Email' },
        key: { type: 'apiKey', in: 'header', name: 'X-Auth-Key' },
      },
      schemas: SCHEMAS,
    },
  }
}

/** The paths of a route as the document has them: relative to their server. */
export function documentPaths({ namespace, path }: Pick<Route, 'namespace' | 'path'>): readonly string[] {
  return expandScopes(namespace === 'edge' ? `/edge/v1${path}` : path)
}

/** `/(?<scope>accounts|zones)/(?<scope_id>…)/…` as the paths it stands for, ids in OpenAPI's notation. */
function expandScopes(path: string): readonly string[] {
  const scopes = /\(\?<scope>([a-z|]+)\)/.exec(path)?.[1]?.split('|') ?? ['']
  return scopes.map((scope) =>
    path
      .replace(/\(\?<scope>[a-z|]+\)/, scope)
      .replace(SCOPE_ID, `/{${scope.replace(/s$/, '')}_id}`)
      .replace(/:(\w+)/g, '{$1}'),
  )
}

function operation(route: Route, path: string): Json {
  const { method, summary, body, rawBody = [], success, permission, pages } = route
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[{}]/g, '').replace(/[/_]+(\w)/g, (_, c: string) => c.toUpperCase())}`,
    summary,
    ...(success.result === 'token' ? {} : { description: `Needs the permission ${permission}.` }),
    parameters: [
      ...pathParameters(path),
      ...(pages === undefined ? [] : pageParameters(pages.perPage)),
      ...(QUERY_PARAMETERS[success.result] ?? []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { ...json(bodySchema(body)), ...(rawBody.length === 0 ? form(bodySchema(body)) : raw(rawBody)) },
          },
        }),
    responses: {
      [success.status]: { description: 'Success', content: json(envelope(success.result, pages)) },
      '4XX': { description: 'Refused', content: json(ref('Failure')) },
      '5XX': { description: 'Failed', content: json(ref('Failure')) },
    },
  }
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: PATH_PARAMETERS[name ?? ''] ?? ref('ScopeId'),
  }))
}

const PATH_PARAMETERS: Readonly<Record<string, Json>> = {
  certificate_id: ref('CertificateId'),
  hostname: { type: 'string' },
  serial: {
    type: 'string',
    description: 'Hexadecimal, as tools print it, or dec: and decimal digits; at most 40 bytes',
  },
}

const ZERO = '0 counts as absent'
const pageParameters = (perPage: number): readonly Json[] => [
  { name: 'page', in: 'query', description: ZERO, schema: { type: 'integer', minimum: 0, default: 1 } },
  {
    name: 'per_page',
    in: 'query',
    description: ZERO,
    schema: { type: 'integer', minimum: 0, maximum: MAX_PER_PAGE, default: perPage },
  },
]

/** What an answer's kind says of the query. */
const QUERY_PARAMETERS: Partial<Readonly<Record<ResultKind, readonly Json[]>>> = {
  deleted: [{ name: 'ca_fingerprint_sha256', in: 'query', schema: { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' } }],
}

/** A body schema as JSON Schema. Checks in code have no counterpart there; what they stand for is in the metadata. */
function bodySchema(schema: GenericSchema): Json {
  const { $schema, ...rest } = toJsonSchema(schema, {
    errorMode: 'ignore',
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'metadata' && 'metadata' in valibotAction
        ? { ...jsonSchema, ...(valibotAction.metadata as object) }
        : undefined,
  })
  return rest
}

function json(schema: Json): Json {
  return { 'application/json': { schema } }
}

/** The same as parts of a form, a list as parts of one name. */
function form(schema: Json): Json {
  return { 'multipart/form-data': { schema } }
}

/** Content that is the thing itself. */
function raw(mediaTypes: readonly string[]): Json {
  return Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]))
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}

function object(properties: Json, optional: readonly string[] = []): Json {
  const required = Object.keys(properties).filter((key) => !optional.includes(key))
  return { type: 'object', properties, required, additionalProperties: false }
}

function envelope(kind: ResultKind, pages: Route['pages']): Json {
  return object(
    {
      result: RESULTS[kind],
      success: { const: true },
      errors: { type: 'array', maxItems: 0 },
      messages: { type: 'array', items: ref('Message') },
      ...(pages === undefined ? {} : { result_info: ref('ResultInfo') }),
    },
    pages?.alwaysInfo === false ? ['result_info'] : [],
  )
}

const COUNT = { type: 'integer', minimum: 0 }
const FINGERPRINT = { type: 'string', pattern: '^[0-9a-f]{64}$' }

const RESULTS: Readonly<Record<ResultKind, Json>> = {
  certificate: ref('Certificate'),
  certificates: { type: 'array', items: ref('Certificate') },
  certificateId: object({ id: ref('CertificateId') }),
  settings: { type: 'array', items: ref('HostnameSetting') },
  token: ref('Token'),
  mode: ref('HostnameMode'),
  modes: { type: 'array', items: ref('HostnameMode') },
  crls: { type: 'array', items: ref('Crl') },
  deleted: object({ deleted: COUNT }),
  revocation: object({ stale_policy: ref('StalePolicy'), uncovered: ref('UncoveredPolicy') }),
  blockedSerial: ref('BlockedSerial'),
  blockedSerials: { type: 'array', items: ref('BlockedSerial') },
  serial: object({ serial: ref('SerialNumber') }),
  quotas: ref('Quotas'),
  decision: { oneOf: [ref('Accepted'), ref('Refused')] },
}

/** As the verdict's facts have them. */
const UNIX_SECONDS = { type: 'integer', description: 'Unix seconds, UTC' }
const TIME = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$',
  description: 'RFC 3339, UTC, whole seconds',
}
const SOURCE = object({ pointer: { type: 'string', description: 'JSON pointer into the request body' } })

const SCHEMAS: Json = {
  ScopeId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  CertificateId: {
    type: 'string',
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  },
  Certificate: object({
    id: ref('CertificateId'),
    name: { type: 'string', minLength: 1, maxLength: 350 },
    fingerprint: { type: 'string', pattern: '^MD5 Fingerprint=([0-9A-F]{2}:){15}[0-9A-F]{2}$' },
    associated_hostnames: { type: 'array', items: { type: 'string' } },
    created_at: TIME,
    updated_at: TIME,
    expires_on: TIME,
  }),
  HostnameSetting: object({
    hostname: { type: 'string' },
    china_network: { type: 'boolean' },
    client_certificate_forwarding: { type: 'boolean' },
  }),
  HostnameMode: object(
    {
      hostname: { type: 'string' },
      mode: { enum: ['required', 'report', 'open'], description: 'What becomes of clients without a good certificate' },
      until: { type: 'string', format: 'date-time', description: 'When report mode ends; only there' },
    },
    ['until'],
  ),
  StalePolicy: {
    enum: ['soft', 'hard'],
    description: 'What becomes of a certificate that a CRL past its nextUpdate does not list: hard refuses it',
  },
  UncoveredPolicy: {
    enum: ['allow', 'refuse'],
    description: 'What becomes of a certificate that no CRL covers: refuse demands that its revocation is known',
  },
  Crl: object({
    issuer: { type: 'string' },
    ca_fingerprint_sha256: FINGERPRINT,
    number: {
      type: ['string', 'null'],
      pattern: '^(0|[1-9a-f][0-9a-f]{0,39})$',
      description: 'cRLNumber, hexadecimal; null where it has none',
    },
    this_update: TIME,
    next_update: TIME,
    entries: COUNT,
    covers: { enum: ['all', 'user', 'ca'], description: 'Which certificates of the CA it speaks of' },
    part: {
      type: ['array', 'null'],
      items: { type: 'string' },
      description: 'Names of the distribution point that it is for; null where it is for all',
    },
    stale: { type: 'boolean', description: 'next_update is over' },
    uploaded_at: TIME,
  }),
  SerialNumber: {
    type: 'string',
    pattern: '^([0-9a-f]{2}){1,40}$',
    description: "Content octets of the certificate's INTEGER",
  },
  BlockedSerial: object({ serial: ref('SerialNumber'), blocked_at: TIME }),
  Quota: object({ limit: COUNT, used: COUNT }),
  Quotas: object(Object.fromEntries(Object.keys(Object(snakeCase(QUOTAS))).map((name) => [name, ref('Quota')]))),
  Token: object({ id: ref('ScopeId'), status: { const: 'active' }, not_before: TIME, expires_on: TIME }, [
    'not_before',
    'expires_on',
  ]),
  CertificateReference: object(
    {
      role: { enum: ['leaf', 'intermediate', 'anchor'] },
      subject: { type: 'string' },
      issuer: { type: 'string' },
      serial_number: { type: 'string' },
      sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      anchor_id: ref('CertificateId'),
      position: { type: 'integer', minimum: 1 },
    },
    ['anchor_id', 'position'],
  ),
  Accepted: object(
    {
      hostname: { type: 'string' },
      at: TIME,
      accepted: { const: true },
      path: { type: 'array', minItems: 1, items: ref('CertificateReference') },
      revocation: {
        type: 'array',
        items: ref('RevocationStatus'),
        description: 'One for each certificate of the path but the anchor; absent where there is neither CRL nor block',
      },
      trace: ref('Trace'),
    },
    ['revocation', 'trace'],
  ),
  RevocationStatus: object(
    {
      height: { type: 'integer', minimum: 0, description: 'Place on the path; the leaf is 0' },
      subject: { type: 'string' },
      status: {
        enum: ['good', 'stale', 'not_covered'],
        description: 'stale: not listed, by a CRL past its nextUpdate; not_covered: no CRL of its issuer speaks of it',
      },
      crl: ref('CrlReference'),
    },
    ['crl'],
  ),
  CrlReference: object({
    certificate_id: ref('CertificateId'),
    issuer: { type: 'string' },
    number: { type: 'string', pattern: '^(0|[1-9a-f][0-9a-f]{0,39})$', description: 'cRLNumber, hexadecimal' },
    this_update: UNIX_SECONDS,
    next_update: UNIX_SECONDS,
    age_seconds: { type: 'integer' },
  }),
  Refused: object(
    {
      hostname: { type: 'string' },
      at: TIME,
      accepted: { const: false },
      code: { type: 'string' },
      fault: { type: 'object', required: ['reason'], properties: { reason: { type: 'string' } } },
      certificate: ref('CertificateReference'),
      section: { type: 'string', description: 'The rule: a section of an RFC' },
      openssl: { type: 'string', description: 'What OpenSSL calls it' },
      message: { type: 'string' },
      suggestion: { type: 'string' },
      trace: ref('Trace'),
    },
    ['certificate', 'trace'],
  ),
  Trace: {
    type: 'array',
    items: object(
      {
        check: { type: 'string' },
        role: { enum: ['leaf', 'intermediate', 'anchor'] },
        subject: { type: 'string' },
        height: COUNT,
        fault: { type: 'object' },
      },
      ['fault'],
    ),
  },
  ResultInfo: object({ count: COUNT, page: COUNT, per_page: COUNT, total_count: COUNT, total_pages: COUNT }),
  Message: object(
    {
      code: { type: 'integer' },
      message: { type: 'string' },
      documentation_url: { type: 'string', format: 'uri' },
      source: SOURCE,
      type: { type: 'null' },
    },
    ['documentation_url', 'source', 'type'],
  ),
  Failure: object({
    result: { type: 'null' },
    success: { const: false },
    errors: { type: 'array', minItems: 1, items: ref('Error') },
    messages: { type: 'array', maxItems: 0 },
  }),
  Error: object(
    {
      code: { type: 'integer' },
      message: { type: 'string' },
      documentation_url: { type: 'string', format: 'uri' },
      source: SOURCE,
      error_chain: { type: 'array', items: object({ code: { type: 'integer' }, message: { type: 'string' } }) },
    },
    ['source', 'error_chain'],
  ),
}
