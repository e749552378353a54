import type { Fields } from './shapes.ts'

/** Throws for other octets: such a file is binary. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * A multipart/form-data body (RFC 7578) as the JSON it stands for. Each field goes under its name; a file becomes its text, or
 * base64 where it is binary. The schema decides the rest: a list takes every value of its name, or one value that is a JSON list,
 * and its objects are written as JSON; a flag is `true` or `false`. A value that does not fit stays as it is, and the schema
 * refuses it.
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

/** The value of a text that begins with `opening` and is JSON; undefined for any other text. */
function json(text: string, opening: '[' | '{'): unknown {
  if (!text.trimStart().startsWith(opening)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The type of a valibot schema. A schema that allows null or absence has the type of the schema it wraps. */
function typeOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return ''
  if ('wrapped' in schema) return typeOf(schema.wrapped)
  return 'type' in schema ? String(schema.type) : ''
}
