import { ANSWER_HEADERS, PAGE_HEADERS } from '../core/answer-headers.ts'
import { LOOK } from '../core/look.ts'
import { prefersToJson } from '../web/accept.ts'
import { apiPage } from './api-page.ts'
import dashboard from './generated/dashboard.json' with { type: 'json' }
import errorPage from './generated/error-page.json' with { type: 'json' }
import openApi from './generated/openapi.json' with { type: 'json' }

/** A page. Its text is made on demand, so that an isolate does not make it before its first request. */
interface Page {
  readonly headers: Readonly<Record<string, string>>
  readonly text: () => string
}

const HTML = { 'content-type': 'text/html; charset=UTF-8' } as const

/** Headers of a page without a script, with the icon of ours. */
const PLAIN = {
  ...PAGE_HEADERS,
  ...HTML,
  'content-security-policy': `${PAGE_HEADERS['content-security-policy']}; img-src 'self'`,
} as const

/** The pages that need no credentials. `npm run generate` makes their contents. */
const PAGES: Readonly<Record<string, Page>> = {
  '/openapi.json': {
    headers: { ...ANSWER_HEADERS, 'content-type': 'application/json; charset=UTF-8' },
    text: () => JSON.stringify(openApi),
  },
  '/docs/errors': {
    headers: { ...PLAIN, 'content-security-policy': errorPage.policy },
    text: () => errorPage.html,
  },
  '/docs/api': {
    headers: PLAIN,
    text: () => apiPage(openApi),
  },
  '/llms.txt': {
    headers: { ...ANSWER_HEADERS, 'content-type': 'text/plain; charset=UTF-8' },
    text: () => LLMS,
  },
  '/favicon.svg': {
    headers: { ...ANSWER_HEADERS, 'content-type': 'image/svg+xml' },
    text: () => dashboard.favicon,
  },
}

/** What a language model reads first (llmstxt.org). */
const LLMS = `# access-mtls

> mTLS with your own CA on Cloudflare Workers: an API that keeps the root CAs of clients and answers like Cloudflare's API for Access
> mTLS certificates, and a gateway that lets only their clients through.

Base URLs: /client/v4 (Cloudflare's routes) and /edge/v1 (revocation, identity rules, decisions, changes). Authentication: the header
"Authorization: Bearer TOKEN". Every answer is {result, success, errors, messages}; each error has a documentation_url.

- [OpenAPI 3.1](/openapi.json): every operation, with its shapes
- [The API as a page](/docs/api)
- [Errors](/docs/errors): each code, its cause and what to do
- [Health](/edge/v1/health)
`

/** At `/`, for browsers. Its policy names its own script and style by their hashes. */
const DASHBOARD: Page = {
  headers: {
    ...ANSWER_HEADERS,
    ...HTML,
    'content-security-policy': dashboard.policy,
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    vary: 'accept',
  },
  text: () => dashboard.html,
}

/** The answer to a request for a public page, and the page's name in the log. */
export interface PublicPage {
  readonly operation: string
  readonly response: Response
}

/** Whether a path is that of a public page. */
export function isPublicPage(pathname: string): boolean {
  return Object.hasOwn(PAGES, pathname)
}

/** The public page that a request asks for; undefined where it asks for none. @param routed what is matched with the routes */
export function publicPage(routed: Pick<Request, 'method' | 'url'>, request: Request): PublicPage | undefined {
  if (routed.method !== 'GET') return undefined
  const { pathname } = new URL(routed.url)
  if (pathname === '/') return isOfBrowser(request) ? served('GET dashboard', DASHBOARD) : undefined
  const page = Object.hasOwn(PAGES, pathname) ? PAGES[pathname] : undefined
  return page && served(`GET ${pathname.slice(1)}`, page)
}

/** Caches may keep it: it is the same for everybody. A new version is seen within minutes. */
function served(operation: string, { headers, text }: Page): PublicPage {
  return { operation, response: new Response(text(), { headers: { ...headers, 'cache-control': 'max-age=300' } }) }
}

/**
 * Whether somebody looks at a page with a browser: it asks for HTML, and sends no credential. Clients of the API send one, and
 * read the envelope, whatever they accept.
 */
export function isOfBrowser({ method, headers }: Request): boolean {
  const hasCredential = headers.has('authorization') || headers.has('x-auth-key') || headers.has('x-auth-email')
  return method === 'GET' && !hasCredential && prefersToJson(headers.get('accept'), 'text/html')
}

/** The answer to a browser at a path that is none of ours. It repeats nothing of the path. */
export function noSuchPage(): Response {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<title>No such page – access-mtls</title>
<style>
${LOOK}main { max-width: 40rem; margin: 10vh auto; padding: 0 1rem }
a { display: inline-block; min-height: 1.5rem }
</style>
<main>
<h1>No such page</h1>
<p>There is nothing at this address. It may be cut short, or mistyped.</p>
<ul>
<li><a href="/">Dashboard</a></li>
<li><a href="/docs/errors">What errors mean</a></li>
<li><a href="/docs/api">The API</a></li>
</ul>
</main>
</html>
`
  return new Response(html, { status: 404, headers: { ...PLAIN, vary: 'accept' } })
}
