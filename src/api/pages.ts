import { ANSWER_HEADERS, PAGE_HEADERS } from '../core/answer-headers.ts'
import errorPage from './generated/error-page.json' with { type: 'json' }
import openApi from './generated/openapi.json' with { type: 'json' }

/** A page, whose text is made when it is asked for: every isolate would pay for it before its first request. */
interface Page {
  readonly headers: Readonly<Record<string, string>>
  readonly text: () => string
}

/** What anyone may read, without credentials. Made by `npm run generate`. */
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

/** The public page at a GET request's path, undefined where there is none. */
export function publicPage({ method, url }: Pick<Request, 'method' | 'url'>): Response | undefined {
  if (method !== 'GET') return undefined
  const { pathname } = new URL(url)
  const page = Object.hasOwn(PAGES, pathname) ? PAGES[pathname] : undefined
  // The same for everybody, whoever asks; a new version is seen in a few minutes.
  return page && new Response(page.text(), { headers: { ...page.headers, 'cache-control': 'max-age=300' } })
}
