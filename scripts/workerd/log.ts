import type { Readable } from 'node:stream'

/** Takes what the Workers and workerd log. */
export type Log = (message: string, level: string) => void

/** What workerd says of itself, and nobody can use: how it could name its functions, and where in itself it was. */
const INTERNAL = [
  /Not symbolizing stack traces because \$LLVM_SYMBOLIZER is not set/,
  /took recursive isolate lock/,
  /CODE_MOVED for unknown code block/,
  /stack:( (0|[a-f\d]{4,})){3,}/,
]

/** What precedes the end of the process: then the stack may help whoever reads a report. */
const FATAL = /^\*\*\* (?:std::terminate\(\)|Fatal uncaught|Received signal|Uncaught exception)/

/**
 * Reads the lines of workerd's output, each of which is JSON (`structuredLogging`), or not where workerd itself is in
 * trouble. Returns the text so far of what was not.
 */
export function readLog(stream: Readable, log: Log): () => string {
  let rest = ''
  let raw = ''
  let isDying = false
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((text) => text !== '')) {
      const { message, level } = parseLine(line)
      if (level === undefined) raw += `${line}\n`
      isDying ||= FATAL.test(message)
      if (isDying || !INTERNAL.some((internal) => internal.test(message)))
        log(message, isDying ? 'error' : (level ?? 'log'))
    }
  })
  return () => raw + rest
}

function parseLine(line: string): { readonly message: string; readonly level?: string } {
  try {
    const { message, level } = JSON.parse(line)
    if (typeof message === 'string' && typeof level === 'string') return { message, level }
  } catch {
    // Not JSON: workerd's own words.
  }
  return { message: line }
}
