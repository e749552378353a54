/**
 * A string or number that stands for one kind of thing. A value of one kind is not assignable to another; a plain string or
 * number is assignable to each.
 */
type Kind<T, K extends string> = T & { readonly [kind]?: K }
declare const kind: unique symbol

/** A moment: seconds since 1970-01-01T00:00:00Z. */
export type UnixSeconds = Kind<number, 'UnixSeconds'>
/** A moment, in milliseconds. */
export type UnixMilliseconds = Kind<number, 'UnixMilliseconds'>
/** A duration. */
export type Seconds = Kind<number, 'Seconds'>

/** 32 lower-case hexadecimal digits (contract 1). */
export type AccountId = Kind<string, 'AccountId'>
/** 32 lower-case hexadecimal digits (contract 1). */
export type ZoneId = Kind<string, 'ZoneId'>
/** A lower-case UUID v4 that names a record (contract 1). */
export type CertificateId = Kind<string, 'CertificateId'>

/** A hostname in the form in which names are compared: A-labels, lower case (parseHostname). */
export type AsciiHostname = Kind<string, 'AsciiHostname'>
/** Lower-case hexadecimal. */
export type Hex = Kind<string, 'Hex'>
