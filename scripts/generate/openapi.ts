import { toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { ROUTES } from '../../src/api/routes.ts'
import { Impact } from '../../src/registry/impact/shape.ts'
import { SCOPE_ID } from '../../src/web/operation.ts'
import { MAX_PER_PAGE } from '../../src/web/page.ts'
import { CertificateId, Count, ScopeId } from '../../src/web/shapes.ts'

/** An object of JSON Schema or OpenAPI. */
type Json = Readonly<Record<string, unknown>>
type Operation = (typeof ROUTES)[number]

/** The OpenAPI 3.1 document of everything that is served, from the operations and their shapes alone. */
export function openApiDocument(): Json {
  const components: Record<string, Json> = {}
  const paths: Record<string, Record<string, unknown>> = {}
  for (const one of ROUTES) {
    for (const path of documentPaths(one)) {
      paths[path] = {
        // What is not Cloudflare's is not under Cloudflare's prefix.
        ...(one.namespace === 'edge' ? { servers: [{ url: '/' }] } : {}),
        ...paths[path],
        [one.method.toLowerCase()]: hoist(describe(one, path), components),
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
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}

/** The paths of an operation as the document has them: relative to their server. */
export function documentPaths({ namespace, path }: Pick<Operation, 'namespace' | 'path'>): readonly string[] {
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

function describe(one: Operation, path: string): Json {
  const { method, summary, body, rawBody = [], permission, pages, dryRun } = one
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[{}]/g, '').replace(/[/_]+(\w)/g, (_, c: string) => c.toUpperCase())}`,
    summary,
    ...(permission === undefined ? {} : { description: `Needs the permission ${permission}.` }),
    parameters: [
      ...parametersOf(one, path),
      ...(pages === undefined ? [] : pageParameters(pages.perPage)),
      ...(dryRun === undefined ? [] : [DRY_RUN]),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              ...json(jsonSchema(body)),
              ...(rawBody.length === 0 ? { 'multipart/form-data': { schema: jsonSchema(body) } } : raw(rawBody)),
            },
          },
        }),
    responses: {
      ...successes(one),
      '4XX': { description: 'Refused', content: json(jsonSchema(Failure)) },
      '5XX': { description: 'Failed', content: json(jsonSchema(Failure)) },
    },
  }
}

/** The answers of a success by status. A dry run is 200, whatever the write would be. */
function successes(one: Operation): Json {
  const { status, documents = [], onlyDocuments = false, dryRun } = one
  const success = jsonSchema(envelope(one))
  const asked = dryRun && jsonSchema(dryRunEnvelope(one))
  const content = (schema: Json) => ({ ...(onlyDocuments ? {} : json(schema)), ...raw(documents) })
  return {
    [status]: {
      description: 'Success',
      content: content(asked && status === 200 ? { anyOf: [success, asked] } : success),
    },
    ...(asked && status !== 200 && { 200: { description: 'Of a dry run', content: json(asked) } }),
  }
}

/** What the path names, ids included; what the operation names beside that is in the query. */
function parametersOf({ parameters = {} }: Operation, path: string): readonly Json[] {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const inPath = named.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(parameters[name] ?? (name === 'certificate_id' ? CertificateId : ScopeId)),
  }))
  const inQuery = Object.entries(parameters)
    .filter(([name]) => !named.includes(name))
    .map(([name, schema]) => ({ name, in: 'query', schema: jsonSchema(schema) }))
  return [...inPath, ...inQuery]
}

const DRY_RUN: Json = {
  name: 'dry_run',
  in: 'query',
  description: 'true: nothing is changed; the answer says what would be answered, and what would change for clients',
  schema: { type: 'string', enum: ['true', 'false'], default: 'false' },
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

/** A valibot schema as JSON Schema. Checks in code have no counterpart there; what they stand for is in the metadata. */
function jsonSchema(schema: v.GenericSchema): Json {
  const { $schema, ...rest } = toJsonSchema(schema, {
    errorMode: 'ignore',
    overrideAction: ({ valibotAction, jsonSchema: made }) =>
      valibotAction.type === 'metadata' && 'metadata' in valibotAction
        ? { ...made, ...(valibotAction.metadata as object) }
        : undefined,
  })
  return rest
}

/** Takes each schema that has a title out, under that name, and leaves a reference to it. */
function hoist(value: unknown, components: Record<string, Json>): unknown {
  if (Array.isArray(value)) return value.map((item) => hoist(item, components))
  if (typeof value !== 'object' || value === null) return value
  const { title, ...members } = value as Json
  const inner = Object.fromEntries(Object.entries(members).map(([key, member]) => [key, hoist(member, components)]))
  if (typeof title !== 'string') return inner
  components[title] = inner
  return { $ref: `#/components/schemas/${title}` }
}

function json(schema: Json): Json {
  return { 'application/json': { schema } }
}

/** Content that is the thing itself. */
function raw(mediaTypes: readonly string[]): Json {
  return Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]))
}

const Code = v.pipe(v.number(), v.integer())
const Url = v.pipe(v.string(), v.metadata({ format: 'uri' }))
const Source = v.strictObject({ pointer: v.pipe(v.string(), v.description('JSON pointer into the request body')) })
const Nothing = v.pipe(v.array(v.unknown()), v.maxLength(0))

const ResultInfo = v.pipe(
  v.strictObject({ count: Count, page: Count, per_page: Count, total_count: Count, total_pages: Count }),
  v.title('ResultInfo'),
)

const Message = v.pipe(
  v.strictObject({
    code: Code,
    message: v.string(),
    documentation_url: v.exactOptional(Url),
    source: v.exactOptional(Source),
    type: v.exactOptional(v.null()),
  }),
  v.title('Message'),
)

const FailureError = v.pipe(
  v.strictObject({
    code: Code,
    message: v.string(),
    documentation_url: Url,
    source: v.exactOptional(Source),
    error_chain: v.exactOptional(v.array(v.strictObject({ code: Code, message: v.string() }))),
  }),
  v.title('Error'),
)

const Failure = v.pipe(
  v.strictObject({
    result: v.null(),
    success: v.literal(false),
    errors: v.pipe(v.array(FailureError), v.minLength(1)),
    messages: Nothing,
  }),
  v.title('Failure'),
)

function envelope({ result, pages }: Operation): v.GenericSchema {
  const entries: v.ObjectEntries = {
    result,
    success: v.literal(true),
    errors: Nothing,
    messages: v.array(Message),
    ...(pages && { result_info: pages.alwaysInfo ? ResultInfo : v.exactOptional(ResultInfo) }),
  }
  return v.strictObject(entries)
}

function dryRunEnvelope(one: Operation): v.GenericSchema {
  const entries: v.ObjectEntries = {
    would: v.strictObject({
      status: v.literal(one.status),
      result: one.result,
      success: v.literal(true),
      errors: Nothing,
      messages: v.array(Message),
    }),
    impact: Impact,
  }
  return v.strictObject({
    result: v.strictObject(entries),
    success: v.literal(true),
    errors: Nothing,
    messages: Nothing,
  })
}
