import { transform } from 'esbuild'
import { parse } from 'toml'

/** A fenced block of a document. */
export interface Block {
  readonly language: string
  readonly text: string
  /** The line of its fence, from 1. */
  readonly line: number
  /** What `<!-- not run: reason -->` before it says, or `<!-- not run from here: reason -->` before it and others. */
  readonly notRun: string | undefined
}

/** The fenced blocks of a document in Markdown, in their order. */
export function blocksOf(markdown: string): readonly Block[] {
  const fenced = /(?:^ *<!-- not run: (.+?) -->\n+)?^( *)```(\w+)\n([\s\S]*?)^\2```$/gm
  return [...markdown.matchAll(fenced)].map(
    ({ index, 0: all, 1: notRun, 2: indent = '', 3: language = '', 4: text = '' }) => {
      const before = markdown.slice(0, index)
      const [, fromHere] = [...before.matchAll(/^<!-- not run from here: (.+?) -->$/gm)].at(-1) ?? []
      return {
        language,
        // The block of a list item is indented.
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
        line: markdown.slice(0, index + all.indexOf('```')).split('\n').length,
        notRun: notRun ?? fromHere,
      }
    },
  )
}

/** Why a block of commands is not run; undefined if it is. An ellipsis stands for something that the reader fills in. */
export function whyNotRun({ text, notRun }: Block): string | undefined {
  return notRun ?? (text.includes('…') ? 'it has … in it, for the reader to fill in' : undefined)
}

/** What is wrong with a block that is no command. One with an ellipsis is shortened, and is not read. */
export async function blockFault({ language, text }: Block): Promise<string | undefined> {
  if (text.includes('…')) return undefined
  try {
    if (language === 'json') JSON.parse(text)
    if (language === 'toml') parse(text)
    if (language === 'js' || language === 'ts') await transform(text, { loader: 'ts' })
    return undefined
  } catch (error) {
    return `is no ${language}: ${error instanceof Error ? error.message : String(error)}`
  }
}
