import { readFileSync } from 'node:fs'
import { migrationNames } from '../wrangler/migrations.ts'
import { PROJECT } from '../wrangler/wrangler.ts'
import { dashboard, favicon } from './dashboard.ts'
import { errorPage, errorPagePolicy } from './error-page.ts'
import { openApiDocument } from './openapi.ts'
import { publicRoots } from './public-roots.ts'

/** The files that are made from others, by their path in the project, as they should be. */
export async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const html = await errorPage(readFileSync(`${PROJECT}/docs/errors.md`, 'utf8'))
  const openApi = openApiDocument()
  return {
    'src/api/generated/openapi.json': `${JSON.stringify(openApi, null, 2)}\n`,
    'src/api/generated/error-page.json': `${JSON.stringify({ html, policy: errorPagePolicy() }, null, 2)}\n`,
    'src/api/generated/dashboard.json': `${JSON.stringify({ ...(await dashboard(openApi)), favicon: favicon() }, null, 2)}\n`,
    'src/api/generated/migrations.json': `${JSON.stringify(migrationNames(), null, 2)}\n`,
    'src/registry/certificates/generated/public-roots.json': `${JSON.stringify(publicRoots(), null, 2)}\n`,
  }
}
