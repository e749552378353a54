import type { Fault, PendingFault, Seed, Seeded } from '../../src/testing/local-service.ts'

/** What the process of a test asks the process of the service to do, and what it is answered, by command. */
export interface Commands {
  start: [StartOrder, Started]
  reset: [null, null]
  seed: [Seed, Seeded]
  /** Unix time in ms; null: the true time. */
  time: [number | null, null]
  fail: [WireFault, null]
  faults: [null, readonly WirePendingFault[]]
  stop: [null, null]
}
export type Command = keyof Commands

/** `times` as JSON has it: null for all requests. */
export type WireFault = Omit<Fault, 'times'> & { readonly times?: number | null }
export type WirePendingFault = Omit<PendingFault, 'times' | 'left'> & {
  readonly times: number | null
  readonly left: number | null
}

export interface StartOrder {
  readonly port: number
  readonly accountId: string
  readonly zoneId: string
  readonly zoneName: string
  readonly token: string
  readonly quota: number
  readonly seed: Seed | null
  /** Unix time in ms; null: the true time. */
  readonly timeMs: number | null
  readonly strict: boolean
  /** Where the gateway's requests go on to, on 127.0.0.1; null: there is no gateway. */
  readonly originPort: number | null
  readonly persist: string | null
}

export interface Started {
  readonly url: string
  readonly gateway: { readonly url: string; readonly ca: string } | null
}

export interface Order<C extends Command = Command> {
  readonly id: number
  readonly command: C
  readonly body: Commands[C][0]
}

/** An answer, or a line of the log. `error`: what the caller can read of a failure. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly line: string }
