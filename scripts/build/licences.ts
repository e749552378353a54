import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT } from '../wrangler/wrangler.ts'

/** The licences of the packages that files were taken from, which ask to go along. */
export function licences(inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []))
  // miniflare's own files have it in them.
  if (folders.has('node_modules/miniflare')) folders.add('node_modules/zod')
  return [...folders].sort().map(licence).join('\n')
}

function licence(folder: string): string {
  const path = join(PROJECT, folder)
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : `\n${readFileSync(join(path, file), 'utf8').trim()}\n`
  return `${name} ${version}: ${license}\n${text}`
}
