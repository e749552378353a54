import { toHex } from '../../core/bytes.ts'
import { MAX_DEPTH, MAX_TLVS } from '../limits.ts'
import { Malformed, TooComplex } from './malformed.ts'

/** Tag octets of the universal class, as they stand in DER (X.690 8.1.2; SEQUENCE and SET are constructed). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** Bit 6 of the identifier octet: the content is itself a run of TLVs (X.690 8.1.2.5). */
const CONSTRUCTED = 0x20

/** Identifier octet of a context-specific tag. */
export function contextTag(number: number, form: 'primitive' | 'constructed'): number {
  return 0x80 | (form === 'constructed' ? CONSTRUCTED : 0) | number
}

/** Counts the TLVs read from one input. No input causes more work than MAX_TLVS. */
class Budget {
  #left: number
  constructor(tlvs: number) {
    this.#left = tlvs
  }
  spend(field: string): void {
    if (this.#left === 0) throw new TooComplex(field, `more than ${MAX_TLVS} ASN.1 values`)
    this.#left -= 1
  }
}

/** One tag-length-value. `content` and `der` are views of the source. */
export class Tlv {
  readonly tag: number
  readonly #source: Uint8Array
  readonly #start: number
  readonly #contentStart: number
  readonly #end: number
  readonly #depth: number
  readonly #budget: Budget

  constructor(
    tag: number,
    source: Uint8Array,
    start: number,
    contentStart: number,
    end: number,
    depth: number,
    budget: Budget,
  ) {
    this.tag = tag
    this.#source = source
    this.#start = start
    this.#contentStart = contentStart
    this.#end = end
    this.#depth = depth
    this.#budget = budget
  }

  /** The content octets. */
  get content(): Uint8Array {
    return this.#source.subarray(this.#contentStart, this.#end)
  }

  /** The whole encoding: identifier, length and content octets. */
  get der(): Uint8Array {
    return this.#source.subarray(this.#start, this.#end)
  }

  get constructed(): boolean {
    return (this.tag & CONSTRUCTED) !== 0
  }

  /** Reads the content as TLVs: the members of a SEQUENCE or SET, or what an OCTET STRING wraps. */
  open(field: string): DerReader {
    if (this.#depth >= MAX_DEPTH) throw new TooComplex(field, `nested more than ${MAX_DEPTH} levels deep`)
    return new DerReader(this.#source, this.#contentStart, this.#end, this.#depth + 1, this.#budget)
  }

  /** Checks that everything below this value is DER, for parts whose meaning is not needed. */
  checkBelow(field: string): void {
    if (!this.constructed) return
    const members = this.open(field)
    while (!members.done) members.read(field).checkBelow(field)
  }
}

/**
 * A strict reader of DER (X.690 section 10): definite, minimal lengths; one-octet tags; nothing after the last value where the
 * caller calls `end`. Every method throws Malformed with the field that it was asked for.
 */
export class DerReader {
  readonly #source: Uint8Array
  readonly #limit: number
  readonly #depth: number
  readonly #budget: Budget
  #position: number

  constructor(source: Uint8Array, start: number, end: number, depth: number, budget: Budget) {
    this.#source = source
    this.#position = start
    this.#limit = end
    this.#depth = depth
    this.#budget = budget
  }

  /** A reader of a whole input, with a budget of its own. */
  static over(source: Uint8Array): DerReader {
    return new DerReader(source, 0, source.length, 0, new Budget(MAX_TLVS))
  }

  get done(): boolean {
    return this.#position === this.#limit
  }

  /** The identifier octet of the next value, undefined at the end. */
  get nextTag(): number | undefined {
    return this.done ? undefined : this.#source[this.#position]
  }

  /** Reads the next value, whatever its tag. */
  read(field: string): Tlv {
    this.#budget.spend(field)
    const start = this.#position
    const tag = this.#octet(field)
    // Every tag of X.509 fits one octet; 0x1f announces more, 0x00 is BER's end-of-contents.
    if ((tag & 0x1f) === 0x1f) throw new Malformed(field, 'a tag of several octets, which no X.509 field has')
    if (tag === 0x00) throw new Malformed(field, 'tag 0 (BER end-of-contents) is not DER')
    // X.690 8.9 to 8.12 and 10.2: of the universal types, SEQUENCE and SET are constructed and all others primitive.
    if (tag < 0x40 && (tag & CONSTRUCTED) !== ((tag & 0x1e) === 0x10 ? CONSTRUCTED : 0)) {
      throw new Malformed(field, 'a universal type in a form that is not DER')
    }
    const length = this.#length(field)
    const contentStart = this.#position
    if (length > this.#limit - contentStart) throw new Malformed(field, 'is cut short: its length runs past the end')
    this.#position = contentStart + length
    return new Tlv(tag, this.#source, start, contentStart, this.#position, this.#depth, this.#budget)
  }

  /** Reads the next value, which must have this tag. */
  expect(tag: number, field: string): Tlv {
    if (this.done) throw new Malformed(field, 'is missing')
    if (this.nextTag !== tag) {
      throw new Malformed(field, `has tag 0x${hex(this.nextTag ?? 0)} where 0x${hex(tag)} belongs`)
    }
    return this.read(field)
  }

  /** Reads the next value if it has this tag, as OPTIONAL and DEFAULT fields need. */
  optional(tag: number, field: string): Tlv | undefined {
    return this.nextTag === tag ? this.read(field) : undefined
  }

  /** Reads a SEQUENCE and returns a reader of its members. */
  sequence(field: string): DerReader {
    return this.expect(TAG.sequence, field).open(field)
  }

  /** Throws Malformed where anything follows. */
  end(field: string): void {
    if (!this.done) throw new Malformed(field, 'has bytes after its last field')
  }

  #octet(field: string): number {
    const octet = this.#position < this.#limit ? this.#source[this.#position] : undefined
    if (octet === undefined) throw new Malformed(field, 'is cut short')
    this.#position += 1
    return octet
  }

  /** X.690 8.1.3 with 10.1: definite form, in the fewest octets. */
  #length(field: string): number {
    const first = this.#octet(field)
    if (first < 0x80) return first
    if (first === 0x80) throw new Malformed(field, 'an indefinite length is BER, not DER')
    const octets = first & 0x7f
    // Five octets mean 4 GiB or more. The limit of the largest input, a CRL, is far below.
    if (octets > 4) throw new Malformed(field, 'a length of more than four octets')
    let length = 0
    for (let i = 0; i < octets; i += 1) length = length * 256 + this.#octet(field)
    if (length < 0x80 || length < 256 ** (octets - 1)) {
      throw new Malformed(field, 'a length that is not in its shortest form is BER, not DER')
    }
    return length
  }
}

function hex(octet: number): string {
  return toHex(Uint8Array.of(octet))
}
