// access-mtls/testing: made from src/testing/tls-client-auth.ts by npm run generate. MIT licence. One file that imports nothing.
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
