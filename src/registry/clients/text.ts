import type { ClientFilterName } from './rules.ts'

/** What the parameters of the list of clients must be. */
export const CLIENT_FILTER_FORMS: Readonly<Record<ClientFilterName, string>> = {
  code: 'accepted, or the code of a refusal, such as expired',
  accepted: 'true or false',
  anchor: "the SHA-256 of an anchor's certificate, 64 lower-case hexadecimal digits",
}
