/** Something of a configuration of workerd: an object is a struct, whose members are written in their order. */
export type ConfigValue =
  | string
  | number
  | boolean
  | typeof VOID
  | EmbeddedFile
  | readonly ConfigValue[]
  | { readonly [member: string]: ConfigValue }

/** A member of a union that has no value. */
export const VOID: unique symbol = Symbol('void')

/** The text of a file, which lies beside the configuration. */
export class EmbeddedFile {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A configuration in Cap'n Proto's text format, as `workerd serve` reads it. The shapes are those of workerd.capnp. */
export function configText(config: ConfigValue): string {
  return `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${valueText(config)};\n`
}

function valueText(value: ConfigValue): string {
  if (value === VOID) return 'void'
  if (typeof value === 'string') return stringText(value)
  if (value instanceof EmbeddedFile) return `embed ${stringText(value.name)}`
  if (typeof value !== 'object') return String(value)
  if (isList(value)) return `[${value.map(valueText).join(', ')}]`
  return `(${Object.entries(value)
    .map(([member, of]) => `${member} = ${valueText(of)}`)
    .join(', ')})`
}

/** A string as its octets are: what could end it, or begin an escape, is written in hexadecimal. */
function stringText(text: string): string {
  const hex = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not stand in it
  return `"${text.replace(/["\\\x00-\x1f\x7f]/g, hex)}"`
}

function isList(value: ConfigValue): value is readonly ConfigValue[] {
  return Array.isArray(value)
}
