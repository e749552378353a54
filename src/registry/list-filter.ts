/** The parameters by which a list is narrowed down. Each is given once at most. */

/** The values of a parameter, as they were sent. */
export type Asked<Name extends string> = (name: Name) => readonly string[]

/** The first parameter that is given twice, or whose value is not sound. */
export function faultyParameter<Name extends string>(
  names: readonly Name[],
  asked: Asked<Name>,
  isSound: Readonly<Record<Name, (value: string) => boolean>>,
): Name | undefined {
  return names.find((name) => {
    const [value, ...more] = asked(name)
    return more.length > 0 || (value !== undefined && !isSound[name](value))
  })
}
