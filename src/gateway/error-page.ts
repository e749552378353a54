import { LOOK } from '../core/look.ts'

/** What the page shows. */
export interface ErrorPage {
  readonly status: number
  readonly message: string
  readonly reference: string
  readonly explanation?: Readonly<Record<string, unknown>> | undefined
}

/** A page without scripts, pictures or requests of its own. */
export function errorPage({ status, message, reference, explanation }: ErrorPage): string {
  const reason = explanation === undefined ? '' : `<pre>${escapeHtml(JSON.stringify(explanation, undefined, 2))}</pre>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status}</title>
<style>
${LOOK}main{max-width:40rem;margin:15vh auto;padding:0 1rem}
</style>
</head>
<body>
<main>
<h1>${status}</h1>
<p>${escapeHtml(message)}</p>
${reason}
<p>Reference: <code>${escapeHtml(reference)}</code></p>
</main>
</body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Names in certificates may hold anything: their issuer wrote them. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
