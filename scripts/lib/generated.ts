import { readFileSync } from 'node:fs'
import { errorPage } from './error-page.ts'
import { openApiDocument } from './openapi.ts'
import { PROJECT } from './wrangler.ts'

/** The files under src/http/generated, by name, as they should be. */
export async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const html = await errorPage(readFileSync(`${PROJECT}/docs/errors.md`, 'utf8'))
  return {
    'openapi.json': `${JSON.stringify(openApiDocument(), null, 2)}\n`,
    'error-page.json': `${JSON.stringify({ html }, null, 2)}\n`,
  }
}
