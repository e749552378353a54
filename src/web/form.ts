import type { Fields } from './shapes.ts'

/** Fatal: a file that is not UTF-8 is binary. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * A multipart/form-data body (RFC 7578) as the JSON it stands for: each field by its name, a file as its text, or as base64
 * where it is binary. The schema says what a field becomes: a list takes every value of its name, or one that is a JSON
 * list, and objects in it are JSON; true and false become flags. What does not fit stays as it is, for the schema to refuse.
 */
export async function readForm(form: FormData, schema: Fields): Promise<Readonly<Record<string, unknown>>> {
  const values = new Map<string, string[]>()
  for (const [name, value] of form.entries()) {
    const key = name.replace(/\[\]$/, '')
    values.set(key, [...(values.get(key) ?? []), typeof value === 'string' ? value : await fileText(value)])
  }
  return Object.fromEntries([...values].map(([key, texts]) => [key, fieldValue(typeOf(schema.entries[key]), texts)]))
}

async function fileText(file: File): Promise<string> {
  const octets = new Uint8Array(await file.arrayBuffer())
  try {
    return UTF8.decode(octets)
  } catch {
    return octets.toBase64()
  }
}

function fieldValue(type: string, texts: readonly string[]): unknown {
  const [text = '', ...more] = texts
  if (type === 'array')
    return (more.length === 0 ? json(text, '[') : undefined) ?? texts.map((one) => json(one, '{') ?? one)
  if (more.length > 0) return texts
  return type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text
}

/** The JSON that a text is, if it begins like it; undefined where it is none. */
function json(text: string, opening: '[' | '{'): unknown {
  if (!text.trimStart().startsWith(opening)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The type of a valibot schema; of one that may be null or absent, that of what it wraps. */
function typeOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return ''
  if ('wrapped' in schema) return typeOf(schema.wrapped)
  return 'type' in schema ? String(schema.type) : ''
}
