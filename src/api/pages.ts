import { ANSWER_HEADERS, PAGE_HEADERS } from '../core/answer-headers.ts'
import errorPage from './generated/error-page.json' with { type: 'json' }
import openApi from './generated/openapi.json' with { type: 'json' }

/** A page. Its text is made on demand, so that an isolate does not make it before its first request. */
interface Page {
  readonly headers: Readonly<Record<string, string>>
  readonly text: () => string
}

/** The pages that need no credentials. `npm run generate` makes their contents. */
const PAGES: Readonly<Record<string, Page>> = {
  '/openapi.json': {
    headers: { ...ANSWER_HEADERS, 'content-type': 'application/json; charset=UTF-8' },
    text: () => JSON.stringify(openApi),
  },
  '/docs/errors': {
    headers: { ...PAGE_HEADERS, 'content-type': 'text/html; charset=UTF-8' },
    text: () => errorPage.html,
  },
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

/** The public page that a request asks for; undefined where it asks for none. */
export function publicPage({ method, url }: Pick<Request, 'method' | 'url'>): PublicPage | undefined {
  if (method !== 'GET') return undefined
  const { pathname } = new URL(url)
  const page = Object.hasOwn(PAGES, pathname) ? PAGES[pathname] : undefined
  // Caches may keep it: it is the same for everybody. A new version is seen within minutes.
  const headers = { ...page?.headers, 'cache-control': 'max-age=300' }
  return page && { operation: `${method} ${pathname.slice(1)}`, response: new Response(page.text(), { headers }) }
}
