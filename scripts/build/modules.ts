import { basename } from 'node:path'
import type { Metafile, OutputFile } from 'esbuild'

/** Modules that a build wrote, by their names, and which of them each entry needs. */
export interface Modules {
  readonly scripts: Readonly<Record<string, string>>
  /** Of each entry, the modules that it imports, and those that they import. */
  readonly imported: Readonly<Record<string, readonly string[]>>
  /** The files of the project that they were made of. */
  readonly inputs: readonly string[]
}

/**
 * The modules of a build with several entries that share modules. What no entry needs is left out: esbuild writes what is imported
 * dynamically also where nothing is left that imports it.
 * @param entries their names, without `.js`
 */
export function modulesOf(
  { outputFiles, metafile }: { readonly outputFiles: readonly OutputFile[]; readonly metafile: Metafile },
  entries: readonly string[],
): Modules {
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  const imported = Object.fromEntries(
    entries.map((entry) => {
      const found = new Set([`${entry}.js`])
      // The set grows while it is walked.
      for (const name of found) {
        for (const { path, external } of outputs.get(name)?.imports ?? [])
          if (external !== true) found.add(basename(path))
      }
      return [entry, [...found].slice(1)]
    }),
  )
  const needed = new Set(entries.flatMap((entry) => [`${entry}.js`, ...(imported[entry] ?? [])]))
  const written = outputFiles.map(({ path, text }) => [basename(path), text] as const)
  return {
    scripts: Object.fromEntries(written.filter(([name]) => needed.has(name))),
    imported,
    inputs: [...needed].flatMap((name) => Object.keys(outputs.get(name)?.inputs ?? {})),
  }
}
