import { toBase64, toHex } from '../core/bytes.ts'
import {
  authorityKeyIdentifier,
  type Certificate,
  integerHex,
  sameOctets,
  subjectKeyIdentifier,
} from '../x509/index.ts'
import { legacy, rfc2253 } from './distinguished-name.ts'
import { certificatesOf } from './read-pem.ts'

/** `request.cf.tlsClientAuth` of a request with a client certificate: every key that Cloudflare fills. */
export interface TlsClientAuth {
  readonly certPresented: '1'
  /**
   * The result of Cloudflare's own check. A hostname's owner may trust other CAs than Cloudflare does. More texts occur
   * than these, but Cloudflare's types list only these; the type is the same as Cloudflare's, so that values fit it.
   */
  readonly certVerified:
    | 'SUCCESS'
    | 'FAILED'
    | 'FAILED:self signed certificate'
    | 'FAILED:unable to verify the first certificate'
    | 'FAILED:certificate is not yet valid'
    | 'FAILED:certificate has expired'
  readonly certRevoked: '0' | '1'
  readonly certIssuerDN: string
  readonly certSubjectDN: string
  readonly certIssuerDNRFC2253: string
  readonly certSubjectDNRFC2253: string
  readonly certIssuerDNLegacy: string
  readonly certSubjectDNLegacy: string
  readonly certSerial: string
  readonly certIssuerSerial: string
  readonly certSKI: string
  readonly certIssuerSKI: string
  readonly certFingerprintSHA1: string
  readonly certFingerprintSHA256: string
  readonly certNotBefore: string
  readonly certNotAfter: string
  readonly certRFC9440: string
  readonly certRFC9440TooLarge: boolean
  readonly certChainRFC9440: string
  readonly certChainRFC9440TooLarge: boolean
}

/** `FAILED:` is followed by OpenSSL's text of the fault. */
export type CertVerified = 'SUCCESS' | 'FAILED' | `FAILED:${string}`

/** `request.cf.tlsClientAuth` of a request without a client certificate: the same keys, without values. */
export type NoTlsClientAuth = {
  readonly [key in keyof TlsClientAuth]: key extends 'certPresented' | 'certRevoked'
    ? '0'
    : key extends 'certVerified'
      ? 'NONE'
      : TlsClientAuth[key] extends boolean
        ? false
        : ''
}

export interface TlsClientAuthOptions {
  /**
   * The result of Cloudflare's own check. Default: the result for a certificate from a CA that Cloudflare does not know.
   * It knows only its own CA and those of an enterprise account.
   */
  readonly certVerified?: CertVerified
  /** `1`: issued by Cloudflare's own CA, and revoked there. Default `0`. */
  readonly certRevoked?: '0' | '1'
}

/** Longest RFC 9440 form of a certificate that Cloudflare passes on, in characters (contract 6: 10 KiB). */
const MAX_CERTIFICATE_CHARACTERS = 10 * 1_024
/** The same for the chain (contract 6: 16 KiB). */
const MAX_CHAIN_CHARACTERS = 16 * 1_024

/**
 * What a Worker finds in `request.cf.tlsClientAuth` when a client presented `pem`: for `new Request(url, { cf })`,
 * Miniflare's `dispatchFetch` and the Workers pool of vitest.
 *
 * @param pem the client's certificate; more certificates in the same text are the start of the chain
 * @param chain the other certificates that the client sends, in the order in which it sends them
 * @throws TypeError when a text is not PEM, or a block is not a certificate; the message says where
 */
export function tlsClientAuthFrom(
  pem: string,
  chain?: string | readonly string[],
  options?: TlsClientAuthOptions,
): Promise<TlsClientAuth>
export async function tlsClientAuthFrom(
  pem: string,
  chain: string | readonly string[] = [],
  options: TlsClientAuthOptions = {},
): Promise<Omit<TlsClientAuth, 'certVerified'> & { readonly certVerified: CertVerified }> {
  const [leaf, ...rest] = [
    ...certificatesOf('pem', pem),
    ...(typeof chain === 'string' ? [chain] : chain)
      .filter(isNotBlank)
      .flatMap((text) => certificatesOf('chain', text)),
  ]
  if (leaf === undefined) throw new Error('PEM was read without a certificate')
  const { certVerified = verifiedByDefault(leaf), certRevoked = '0' } = options
  checkVerified(certVerified)
  const issuer = [...rest, leaf].find((candidate) => isIssuer(candidate, leaf))
  const [sha1, sha256] = await Promise.all([digest('SHA-1', leaf.der), digest('SHA-256', leaf.der)])
  const certificate = rfc9440([leaf], MAX_CERTIFICATE_CHARACTERS)
  const others = rfc9440(rest, MAX_CHAIN_CHARACTERS)
  return {
    certPresented: '1',
    certVerified,
    certRevoked,
    certIssuerDN: rfc2253(leaf.issuer),
    certSubjectDN: rfc2253(leaf.subject),
    certIssuerDNRFC2253: rfc2253(leaf.issuer),
    certSubjectDNRFC2253: rfc2253(leaf.subject),
    certIssuerDNLegacy: legacy(leaf.issuer),
    certSubjectDNLegacy: legacy(leaf.subject),
    certSerial: serialOf(leaf),
    certIssuerSerial: issuer === undefined ? '' : serialOf(issuer),
    certSKI: keyIdentifier(subjectKeyIdentifier(leaf)),
    certIssuerSKI: keyIdentifier((issuer && subjectKeyIdentifier(issuer)) ?? authorityKeyIdentifier(leaf)),
    certFingerprintSHA1: sha1,
    certFingerprintSHA256: sha256,
    certNotBefore: opensslTime(leaf.notBefore),
    certNotAfter: opensslTime(leaf.notAfter),
    certRFC9440: certificate ?? '',
    certRFC9440TooLarge: certificate === undefined,
    certChainRFC9440: others ?? '',
    certChainRFC9440TooLarge: others === undefined,
  }
}

/** What a Worker finds in `request.cf.tlsClientAuth` when the client presented no certificate. */
export function noTlsClientAuth(): NoTlsClientAuth {
  return {
    certPresented: '0',
    certVerified: 'NONE',
    certRevoked: '0',
    certIssuerDN: '',
    certSubjectDN: '',
    certIssuerDNRFC2253: '',
    certSubjectDNRFC2253: '',
    certIssuerDNLegacy: '',
    certSubjectDNLegacy: '',
    certSerial: '',
    certIssuerSerial: '',
    certSKI: '',
    certIssuerSKI: '',
    certFingerprintSHA1: '',
    certFingerprintSHA256: '',
    certNotBefore: '',
    certNotAfter: '',
    certRFC9440: '',
    certRFC9440TooLarge: false,
    certChainRFC9440: '',
    certChainRFC9440TooLarge: false,
  }
}

function isNotBlank(text: unknown): boolean {
  return typeof text !== 'string' || text.trim() !== ''
}

/** The texts that Cloudflare documents for client certificates of unknown origin, in OpenSSL's older wording. */
function verifiedByDefault({ issuer, subject }: Certificate): CertVerified {
  const selfIssued = sameOctets(issuer.der, subject.der)
  return selfIssued ? 'FAILED:self signed certificate' : 'FAILED:unable to get local issuer certificate'
}

function checkVerified(text: string): void {
  if (/^(?:SUCCESS|FAILED(?::.+)?)$/.test(text)) return
  throw new TypeError(
    `certVerified must be SUCCESS, FAILED or FAILED:<reason>, not ${text}; NONE is what noTlsClientAuth() has`,
  )
}

/** Names match, and key identifiers where both certificates have one (RFC 5280 4.2.1.1). */
function isIssuer(candidate: Certificate, leaf: Certificate): boolean {
  const wanted = authorityKeyIdentifier(leaf)
  const own = subjectKeyIdentifier(candidate)
  return (
    sameOctets(candidate.subject.der, leaf.issuer.der) && (wanted === undefined || own === undefined || wanted === own)
  )
}

/** Upper-case hexadecimal as OpenSSL prints it. */
function serialOf({ serialNumber }: Certificate): string {
  return integerHex(serialNumber).toUpperCase()
}

function keyIdentifier(hex: string | undefined): string {
  return hex?.toUpperCase() ?? ''
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Unix seconds as OpenSSL prints a time: `Dec 22 19:39:00 2018 GMT`, a day of one digit after two blanks. */
function opensslTime(seconds: number): string {
  const date = new Date(seconds * 1_000)
  const day = String(date.getUTCDate()).padStart(2, ' ')
  const clock = date.toISOString().slice(-13, -5)
  return `${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()} GMT`
}

/** A list of certificates as RFC 9440 writes it; undefined when it is longer than Cloudflare passes on. */
function rfc9440(certificates: readonly Certificate[], maxCharacters: number): string | undefined {
  const text = certificates.map(({ der }) => `:${toBase64(der)}:`).join(', ')
  return text.length > maxCharacters ? undefined : text
}

async function digest(algorithm: 'SHA-1' | 'SHA-256', octets: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest(algorithm, octets)))
}
