import { DerReader } from '../../../src/x509/asn1/der.ts'

/** What a piece of work cost, counted where it is done. */
export interface Work {
  /** Values that were read from DER. */
  readonly values: number
  /** Signatures that were verified. */
  readonly signatures: number
}

let values = 0
let signatures = 0

const { read } = DerReader.prototype
DerReader.prototype.read = function (this: DerReader, field) {
  values += 1
  return read.call(this, field)
}

const verify = crypto.subtle.verify.bind(crypto.subtle)
crypto.subtle.verify = (...args: Parameters<typeof verify>) => {
  signatures += 1
  return verify(...args)
}

/** Does something, and says what it cost. Nothing else may run beside it. */
export async function measured<T>(work: () => Promise<T> | T): Promise<{ readonly result: T; readonly work: Work }> {
  const before = { values, signatures }
  const result = await work()
  return { result, work: { values: values - before.values, signatures: signatures - before.signatures } }
}

/** The problem of work beyond a bound. */
export function beyond(what: string, actual: number, bound: number): string | undefined {
  return actual > bound ? `${actual} ${what}, and the bound is ${bound}` : undefined
}
