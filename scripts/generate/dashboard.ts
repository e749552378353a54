import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LOOK } from '../../src/core/look.ts'
import { bundle } from '../wrangler/bundle.ts'
import { PROJECT } from '../wrangler/wrangler.ts'

/** The dashboard as one document, and the policy under which a browser runs it. */
export interface Dashboard {
  readonly html: string
  readonly policy: string
}

/** What of the OpenAPI document decides what the dashboard shows. */
interface Described {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly parameters?: readonly { readonly name: string }[] }>>>
  >
}

/**
 * Bundles src/dashboard into one document. Script and style stand in it, and the policy names them by their hashes: nothing else
 * runs, whatever else this origin serves. No text becomes markup (Trusted Types).
 */
export async function dashboard(openApi: object): Promise<Dashboard> {
  const script = await minified('src/dashboard/main.ts', {
    OPERATIONS: JSON.stringify(operations(openApi as Described)),
  })
  const style = await minified('src/dashboard/style.css')
  // A script ends at the first of these, also within a text.
  if (/<\/script|<!--/i.test(script)) throw new Error('the script of the dashboard has markup in it that would end it')
  const look = LOOK + style
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>access-mtls</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<style>${look}</style>
</head>
<body>
<noscript><h1>access-mtls</h1><p>This page needs JavaScript. What it does can be done with the API too: <a href="/openapi.json">/openapi.json</a>.</p></noscript>
<script type="module">${script}</script>
</body>
</html>
`
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(look)}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  return { html, policy: policy.join('; ') }
}

/** `METHOD path` of the operations of an account, in both namespaces; and the same with `?dry_run` where it can be tried first. */
function operations({ paths }: Described): readonly string[] {
  return Object.entries(paths).flatMap(([path, methods]) => {
    const [, own] = /^(?:\/edge\/v1)?\/accounts\/\{account_id\}\/(.+)$/.exec(path) ?? []
    if (own === undefined) return []
    return Object.entries(methods).flatMap(([method, { parameters = [] }]) => {
      const operation = `${method.toUpperCase()} ${own}`
      return parameters.some(({ name }) => name === 'dry_run') ? [operation, `${operation}?dry_run`] : [operation]
    })
  })
}

async function minified(entry: string, define: Readonly<Record<string, string>> = {}): Promise<string> {
  const { script } = await bundle(entry, { minify: true, target: 'es2023', charset: 'utf8', define })
  return script.trim()
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** The picture in a browser's tab. */
export const favicon = (): string => readFileSync(`${PROJECT}/src/dashboard/favicon.svg`, 'utf8').trim()
