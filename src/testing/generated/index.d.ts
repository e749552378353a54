// access-mtls/testing: made from src/testing/index.ts by npm run generate. MIT licence. One file that imports nothing.
/** A certificate, with its key. All texts are PEM, as `node:https`, `node:tls`, curl and OpenSSL take them. */
export interface TestCertificate {
    readonly certificate: string;
    /** PKCS #8, not encrypted. */
    readonly key: string;
    /** The certificates between this one and its root, which a client sends along; empty below a root. */
    readonly chain: string;
    /** Hexadecimal, lower case. */
    readonly serialNumber: string;
}
/** A CA that was made for tests: a root, or an intermediate below one. */
export interface TestCa extends TestCertificate {
    /** Issues an intermediate CA, which issues in its turn. */
    issue(options: IssueOptions & {
        readonly ca: true;
    }): Promise<TestCa>;
    /** Issues a client's certificate, unless the options say otherwise. @throws TypeError where an option cannot be read */
    issue(options?: IssueOptions): Promise<TestCertificate>;
    /** Issues a CRL (PEM) of all that is revoked, each time one with a higher number. */
    crl(options?: CrlOptions): Promise<string>;
}
/** A common name, or attributes by their short names (`CN`, `O`, `OU`, `C`, …) or OIDs, in the order they are to have. */
export type TestSubject = string | Readonly<Record<string, string>>;
/** An extension as it is to stand in a certificate (RFC 5280 4.1.2.9). */
export interface TestExtension {
    /** Dotted OID. */
    readonly oid: string;
    /** DER of the value, the content of extnValue. */
    readonly value: Uint8Array;
    readonly critical?: boolean;
}
/** What every certificate may be told. */
export interface CertificateOptions {
    /** Default: `Test CA` for a CA, `client` for others. */
    readonly subject?: TestSubject;
    /** First and last moment, cut to whole seconds. Default: from a day ago, for ten years (CAs) or 90 days. */
    readonly notBefore?: Date;
    readonly notAfter?: Date;
    /** Of the key that is made. Default `P-256`. */
    readonly keyType?: 'P-256' | 'P-384' | 'P-521' | 'RSA-2048' | 'Ed25519';
    /** A key to take instead of a new one: PKCS #8 in PEM. */
    readonly key?: string;
    /** The content octets of the INTEGER, hexadecimal. Default: 16 random ones. */
    readonly serialNumber?: string;
    /** How many CAs may follow below this one, where it is one; default: any number. */
    readonly pathLength?: number;
    /** Instead of those that would be there under the same OIDs, and besides the others. */
    readonly extensions?: readonly TestExtension[];
}
export interface IssueOptions extends CertificateOptions {
    /** Whether it is a CA. */
    readonly ca?: boolean;
    /** As OpenSSL writes them: `DNS:a.example`, `URI:spiffe://a/b`, `email:a@b.example`, `IP:192.0.2.1`. */
    readonly subjectAltName?: readonly string[];
    /** Dotted OIDs or names; empty: no such extension. Default: `clientAuth`; of a CA, none. */
    readonly extendedKeyUsage?: readonly ('clientAuth' | 'serverAuth' | (string & {}))[];
    /** Whether the signature is to be wrong. */
    readonly breakSignature?: boolean;
}
export interface TestCaOptions extends CertificateOptions {
    /** A CA to take over: its certificate (PEM; where more follow, they are its chain). Its key stands in `key`. */
    readonly certificate?: string;
    /** The time at which everything is made. Default: that of the clock, each time. */
    readonly now?: Date;
    /** Where serial numbers come from. Default: `crypto.getRandomValues`. */
    readonly randomOctets?: (count: number) => Uint8Array;
}
/** A certificate that a CRL lists. Whatever this module issued is one. */
export interface RevokedCertificate {
    /** Hexadecimal. */
    readonly serialNumber: string;
    /** Default: a day before thisUpdate. */
    readonly revokedAt?: Date;
    /** CRLReason by its number (RFC 5280 5.3.1): 1 is keyCompromise. Default: no reason. */
    readonly reason?: number;
}
export interface CrlOptions {
    /** All that is revoked. Default: nothing is. */
    readonly revoked?: readonly RevokedCertificate[];
    /** cRLNumber. Default: one more than the CRL before it, from 1. */
    readonly number?: number | bigint;
    /** Default: now. */
    readonly thisUpdate?: Date;
    /** Default: 30 days after thisUpdate. */
    readonly nextUpdate?: Date;
}
/**
 * A root CA for tests, with what it issues: client certificates, intermediates, CRLs. With `certificate` and `key`, an
 * existing CA.
 *
 * @throws TypeError where an option cannot be read, or certificate and key do not belong together
 */
export declare function testCa(options?: TestCaOptions): Promise<TestCa>;
/** `request.cf.tlsClientAuth` of a request with a client certificate: every key that Cloudflare fills. */
export interface TlsClientAuth {
    readonly certPresented: '1';
    /**
     * What Cloudflare's own check said. A hostname's owner may trust other CAs than Cloudflare does. Of the texts that
     * occur, Cloudflare's types list these; the type is theirs, so that what is made here fits theirs.
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
/** `FAILED:` is followed by what OpenSSL calls the fault. */
export type CertVerified = 'SUCCESS' | 'FAILED' | `FAILED:${string}`;
/** `request.cf.tlsClientAuth` of a request without a client certificate: the same keys, all of them empty. */
export type NoTlsClientAuth = {
    readonly [key in keyof TlsClientAuth]: key extends 'certPresented' | 'certRevoked' ? '0' : key extends 'certVerified' ? 'NONE' : TlsClientAuth[key] extends boolean ? false : '';
};
export interface TlsClientAuthOptions {
    /**
     * What Cloudflare's own check is to have said. Default: what it says of a certificate from a CA that it does not
     * know, which is every CA but Cloudflare's own and those of an enterprise account.
     */
    readonly certVerified?: CertVerified;
    /** `1`: issued by Cloudflare's own CA, and revoked there. Default `0`. */
    readonly certRevoked?: '0' | '1';
}
/**
 * What a Worker finds in `request.cf.tlsClientAuth` when a client presented `pem`: for `new Request(url, { cf })`,
 * Miniflare's `dispatchFetch` and the Workers pool of vitest.
 *
 * @param pem the client's certificate; where more follow in the same text, they are the start of the chain
 * @param chain the further certificates that the client sends, in the order it sends them
 * @throws TypeError when a text is not PEM, or a certificate is none; the message says where
 */
export declare function tlsClientAuthFrom(pem: string, chain?: string | readonly string[], options?: TlsClientAuthOptions): Promise<TlsClientAuth>;
/** What a Worker finds in `request.cf.tlsClientAuth` when the client presented no certificate. */
export declare function noTlsClientAuth(): NoTlsClientAuth;
