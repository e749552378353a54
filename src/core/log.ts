import type { UnixMilliseconds } from './units.ts'

/** What happened. docs/operate.md has a row for each. */
export type LogEvent =
  | 'request'
  | 'internal_error'
  | 'job'
  | 'changes_sealed'
  | 'refusals_lost'
  | 'crl_fetched'
  | 'crl_fetch_failed'
  | 'notices_sent'
  | 'notices_failed'
  | 'clients_lost'
  | 'client_accepted'
  | 'client_refused'
  | 'client_would_be_refused'
  | 'trust_unavailable'
  | 'trust_stale'
  | 'origin_unreachable'

/** A line of the log, of both Workers (docs/operate.md, Fields). It has no secret, no query and no part of a body. */
export interface LogEntry {
  /** `error`: the operator has something to do. */
  readonly level: 'info' | 'error'
  readonly event: LogEvent
  readonly [field: string]: unknown
}

export type Log = (entry: LogEntry) => void

/** Writes each entry as one line of JSON, the time first. Line ends within a text are escaped by JSON. */
export function jsonLog(nowMs: () => UnixMilliseconds): Log {
  return (entry) => console[entry.level === 'error' ? 'error' : 'log'](logLine(entry, nowMs()))
}

/** The log of a Worker with this setting of LOG: of `errors`, it takes only those. */
export function limited(log: Log, setting: string | undefined): Log {
  return (entry) => {
    if (setting !== 'errors' || entry.level === 'error') log(entry)
  }
}

/** One line of JSON, without its line end. Fields that are undefined are left out. */
export function logLine(entry: LogEntry, nowMs: UnixMilliseconds): string {
  return JSON.stringify({ time: new Date(nowMs).toISOString(), ...entry })
}

/** What was thrown, for the log: its stack where it has one. */
export function causeOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
