import type { Client } from './client.ts'
import type { Child } from './dom.ts'
import type { Scope } from './wire.ts'

/** What a page has to work with. */
export interface Context {
  readonly client: Client
  readonly scope: Scope
  /** The address of another page of the scope. */
  readonly to: (...names: readonly string[]) => string
  /** Goes to another page. */
  readonly go: (href: string) => void
  /** Shows this page again, as it is now. */
  readonly again: () => void
}

/** A page, as it stands before its parts have come. */
export interface Page {
  /** Of the window, and of the heading where that has no other. */
  readonly title: string
  readonly heading?: Child
  readonly content: Child
}

/** Makes a page. @param names what its address has after the page's own name */
export type MakePage = (context: Context, ...names: readonly string[]) => Page

/** What one page hands to another, which no address should hold: certificates are long. Gone with the tab. */
export const handed: { pem?: string; hostname?: string } = {}
