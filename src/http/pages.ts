import errorPage from './generated/error-page.json' with { type: 'json' }
import openApi from './generated/openapi.json' with { type: 'json' }

/** What anyone may read, without credentials. Made by `npm run generate`. */
const PAGES: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  '/openapi.json': { type: 'application/json; charset=UTF-8', text: JSON.stringify(openApi) },
  '/docs/errors': { type: 'text/html; charset=UTF-8', text: errorPage.html },
}

/** The public page at a GET request's path, undefined where there is none. */
export function publicPage({ method, url }: Pick<Request, 'method' | 'url'>): Response | undefined {
  if (method !== 'GET') return undefined
  const { pathname } = new URL(url)
  const page = Object.hasOwn(PAGES, pathname) ? PAGES[pathname] : undefined
  return page && new Response(page.text, { headers: { 'content-type': page.type, 'cache-control': 'max-age=300' } })
}
