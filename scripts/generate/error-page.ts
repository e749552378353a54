import { marked } from 'marked'

/** The error page as HTML, from docs/errors.md. A heading that starts with a code is an anchor of that code. */
export async function errorPage(markdown: string): Promise<string> {
  const body = await marked.parse(markdown)
  const anchored = body.replace(/<h2>(\d+)<\/h2>/g, '<h2 id="$1"><a href="#$1">$1</a></h2>')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Errors — access-mtls</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
  code { background: #8882; border-radius: 3px; padding: 0 .2em }
  h2 a { color: inherit; text-decoration: none }
  h2:target { background: #fd06 }
</style>
${anchored}</html>
`
}
