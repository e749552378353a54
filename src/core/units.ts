/**
 * Types that are a string or a number at runtime and are not interchangeable: a value of one is no value of another, and takes a
 * plain one.
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
/** The same of a zone. */
export type ZoneId = Kind<string, 'ZoneId'>
/** A lower-case UUID v4: of a record (contract 1). */
export type CertificateId = Kind<string, 'CertificateId'>

/** A hostname as it is compared: A-labels, lower case (parseHostname). */
export type AsciiHostname = Kind<string, 'AsciiHostname'>
/** Lower-case hexadecimal. */
export type Hex = Kind<string, 'Hex'>
