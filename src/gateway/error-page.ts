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
<meta name="color-scheme" content="light dark">
<title>${status}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid }
</style>
</head>
<body>
<h1>${status}</h1>
<p>${escapeHtml(message)}</p>
${reason}
<p>Reference: <code>${escapeHtml(reference)}</code></p>
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
