// access-mtls/testing: made from src/testing/index.ts by npm run generate. MIT licence. One file that imports nothing.
/** A certificate, with its key. All texts are PEM, which `node:https`, `node:tls`, curl and OpenSSL read. */
export interface TestCertificate {
    readonly certificate: string;
    /** PKCS #8, not encrypted. */
    readonly key: string;
    /** The certificates between this one and its root, which a client sends too. Empty directly below a root. */
    readonly chain: string;
    /** Hexadecimal, lower case. */
    readonly serialNumber: string;
}
/** A CA for tests: a root, or an intermediate below one. */
export interface TestCa extends TestCertificate {
    /** Issues an intermediate CA, which can issue too. */
    issue(options: IssueOptions & {
        readonly ca: true;
    }): Promise<TestCa>;
    /** Issues a client's certificate, unless the options say otherwise. @throws TypeError if an option cannot be read */
    issue(options?: IssueOptions): Promise<TestCertificate>;
    /** Issues a CRL (PEM) with the certificates that `options` revokes, each time with a higher number. */
    crl(options?: CrlOptions): Promise<string>;
}
/** A common name, or attributes in order, by their short names (`CN`, `O`, `OU`, `C`, …) or OIDs. */
export type TestSubject = string | Readonly<Record<string, string>>;
/** An extension of a certificate, written as it is given (RFC 5280 4.1.2.9). */
export interface TestExtension {
    /** Dotted OID. */
    readonly oid: string;
    /** DER of the value, the content of extnValue. */
    readonly value: Uint8Array;
    readonly critical?: boolean;
}
/** Options of every certificate. */
export interface CertificateOptions {
    /** Default: `Test CA` for a CA, `client` for others. */
    readonly subject?: TestSubject;
    /** First and last moment of validity, cut to whole seconds. Default: from a day ago to ten years (CA) or 90 days from now. */
    readonly notBefore?: Date;
    readonly notAfter?: Date;
    /** Type of the new key. Default: `P-256`. */
    readonly keyType?: 'P-256' | 'P-384' | 'P-521' | 'RSA-2048' | 'Ed25519';
    /** A key to use instead of a new one: PKCS #8 in PEM. */
    readonly key?: string;
    /** The content octets of the INTEGER, in hexadecimal. Default: 16 random octets. */
    readonly serialNumber?: string;
    /** How many CAs may follow below this one, if it is a CA. Default: any number. */
    readonly pathLength?: number;
    /** Added to the usual extensions. One with the same OID replaces the usual one. */
    readonly extensions?: readonly TestExtension[];
}
export interface IssueOptions extends CertificateOptions {
    /** Whether the certificate is that of a CA. */
    readonly ca?: boolean;
    /** As OpenSSL writes them: `DNS:a.example`, `URI:spiffe://a/b`, `email:a@b.example`, `IP:192.0.2.1`. */
    readonly subjectAltName?: readonly string[];
    /** Dotted OIDs or names; if empty, there is no such extension. Default: `clientAuth`, or none for a CA. */
    readonly extendedKeyUsage?: readonly ('clientAuth' | 'serverAuth' | (string & {}))[];
    /** Whether to make the signature wrong. */
    readonly breakSignature?: boolean;
}
export interface TestCaOptions extends CertificateOptions {
    /** An existing CA to use: its certificate in PEM, followed by its chain if it has one. Its key is in `key`. */
    readonly certificate?: string;
    /** The time at which everything is issued. Default: the clock's time at each call. */
    readonly now?: Date;
    /** Where serial numbers come from. Default: `crypto.getRandomValues`. */
    readonly randomOctets?: (count: number) => Uint8Array;
}
/** A certificate that a CRL lists. Any certificate that this module issued can be passed. */
export interface RevokedCertificate {
    /** Hexadecimal. */
    readonly serialNumber: string;
    /** Default: a day before thisUpdate. */
    readonly revokedAt?: Date;
    /** CRLReason by its number (RFC 5280 5.3.1): 1 is keyCompromise. Default: no reason. */
    readonly reason?: number;
}
export interface CrlOptions {
    /** All revoked certificates. Default: none. */
    readonly revoked?: readonly RevokedCertificate[];
    /** cRLNumber. Default: one more than that of the CRL before, starting at 1. */
    readonly number?: number | bigint;
    /** Default: now. */
    readonly thisUpdate?: Date;
    /** Default: 30 days after thisUpdate. */
    readonly nextUpdate?: Date;
}
/**
 * A root CA for tests, which issues client certificates, intermediates and CRLs. With `certificate` and `key`, an existing
 * CA.
 *
 * @throws TypeError if an option cannot be read, or certificate and key do not belong together
 */
export declare function testCa(options?: TestCaOptions): Promise<TestCa>;
/** `request.cf.tlsClientAuth` of a request with a client certificate: every key that Cloudflare fills. */
export interface TlsClientAuth {
    readonly certPresented: '1';
    /**
     * The result of Cloudflare's own check. A hostname's owner may trust other CAs than Cloudflare does. More texts occur
     * than these, but Cloudflare's types list only these; the type is the same as Cloudflare's, so that values fit it.
     */
    readonly certVerified: 'SUCCESS' | 'FAILED' | 'FAILED:self signed certificate' | 'FAILED:unable to verify the first certificate' | 'FAILED:certificate is not yet valid' | 'FAILED:certificate has expired';
    readonly certRevoked: '0' | '1';
    readonly certIssuerDN: string;
    readonly certSubjectDN: string;
    readonly certIssuerDNRFC2253: string;
    readonly certSubjectDNRFC2253: string;
    readonly certIssuerDNLegacy: string;
    readonly certSubjectDNLegacy: string;
    readonly certSerial: string;
    readonly certIssuerSerial: string;
    readonly certSKI: string;
    readonly certIssuerSKI: string;
    readonly certFingerprintSHA1: string;
    readonly certFingerprintSHA256: string;
    readonly certNotBefore: string;
    readonly certNotAfter: string;
    readonly certRFC9440: string;
    readonly certRFC9440TooLarge: boolean;
    readonly certChainRFC9440: string;
    readonly certChainRFC9440TooLarge: boolean;
}
/** `FAILED:` is followed by OpenSSL's text of the fault. */
export type CertVerified = 'SUCCESS' | 'FAILED' | `FAILED:${string}`;
/** `request.cf.tlsClientAuth` of a request without a client certificate: the same keys, without values. */
export type NoTlsClientAuth = {
    readonly [key in keyof TlsClientAuth]: key extends 'certPresented' | 'certRevoked' ? '0' : key extends 'certVerified' ? 'NONE' : TlsClientAuth[key] extends boolean ? false : '';
};
export interface TlsClientAuthOptions {
    /**
     * The result of Cloudflare's own check. Default: the result for a certificate from a CA that Cloudflare does not know.
     * It knows only its own CA and those of an enterprise account.
     */
    readonly certVerified?: CertVerified;
    /** `1`: issued by Cloudflare's own CA, and revoked there. Default `0`. */
    readonly certRevoked?: '0' | '1';
}
/**
 * What a Worker finds in `request.cf.tlsClientAuth` when a client presented `pem`: for `new Request(url, { cf })`,
 * Miniflare's `dispatchFetch` and the Workers pool of vitest.
 *
 * @param pem the client's certificate; more certificates in the same text are the start of the chain
 * @param chain the other certificates that the client sends, in the order in which it sends them
 * @throws TypeError when a text is not PEM, or a block is not a certificate; the message says where
 */
export declare function tlsClientAuthFrom(pem: string, chain?: string | readonly string[], options?: TlsClientAuthOptions): Promise<TlsClientAuth>;
/** What a Worker finds in `request.cf.tlsClientAuth` when the client presented no certificate. */
export declare function noTlsClientAuth(): NoTlsClientAuth;
