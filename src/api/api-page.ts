import { LOOK } from '../core/look.ts'

/** What is shown of an operation of the OpenAPI document. */
interface Described {
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: unknown }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: unknown }>> }
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema?: unknown }>> }>
  >
}

/** The parts of the OpenAPI document that are shown. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** The API as a page, from the OpenAPI document: what both scopes have is shown once, for accounts. */
export function apiPage({ paths }: ApiDocument): string {
  const operations = Object.entries(paths)
    .filter(
      ([path]) =>
        !path.includes('zones/{zone_id}/') || !(path.replace('zones/{zone_id}', 'accounts/{account_id}') in paths),
    )
    .flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => METHODS.has(method))
        .map(([method, one]) => operation(method.toUpperCase(), path, one as Described)),
    )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<title>API – access-mtls</title>
<style>
${LOOK}main { max-width: 60rem; margin: 0 auto; padding: 1rem }
h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; overflow-wrap: anywhere }
pre { overflow-x: auto; background: var(--panel); padding: .5rem }
a, summary { display: inline-block; min-height: 1.5rem }
</style>
<main>
<p><a href="/">access-mtls</a></p>
<h1>API</h1>
<p>Each path with <code>accounts/{account_id}</code> also exists with <code>zones/{zone_id}</code>. <a href="/openapi.json">As OpenAPI 3.1</a>;
<a href="/docs/errors">what errors mean</a>.</p>
${operations.join('')}</main>
</html>
`
}

const METHODS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'delete'])

function operation(method: string, path: string, one: Described): string {
  const { summary, description = '', parameters, requestBody, responses } = one
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name }) => `<code>${escaped(name)}</code>`)
  const [[status = '', success] = []] = Object.entries(responses)
  return `<h2><code>${method} ${escaped(path)}</code></h2>
<p>${escaped(summary)}. ${escaped(description)}</p>
${query.length === 0 ? '' : `<p>Query: ${query.join(', ')}</p>\n`}${schemas('Body', requestBody?.content)}${schemas(`Answer ${status}`, success?.content)}`
}

function schemas(title: string, content: Readonly<Record<string, { readonly schema?: unknown }>> = {}): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const name = `${title}: ${escaped(type)}`
      return schema === undefined
        ? `<p>${name}</p>\n`
        : `<details><summary>${name}</summary><pre tabindex="0">${escaped(JSON.stringify(schema, null, 2))}</pre></details>\n`
    })
    .join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
