import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PROJECT } from '../wrangler/wrangler.ts'

/** A package that files were taken from. */
export interface Source {
  readonly name: string
  readonly version: string
  readonly license: string
  /** Of the package, absolute. */
  readonly folder: string
}

/** The packages that a bundle was made of. @param inputs files as esbuild names them, relative to the project */
export function sourcesOf(inputs: readonly string[]): readonly Source[] {
  const found = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [])
  return [...new Set(found.map((folder) => resolve(PROJECT, folder)))]
    .map((folder) => {
      const { name, version, license }: Source = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      return { name, version, license, folder }
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** The licences of packages, which ask to go along. */
export function licences(sources: readonly Source[]): string {
  return sources
    .map(({ name, version, license, folder }) => {
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
      const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
      return `${name} ${version}: ${license}\n${text}`
    })
    .join('\n')
}
