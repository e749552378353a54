/**
 * A root made by OpenSSL 3.0.19, and what OpenSSL prints of it: facts that this project did not compute itself.
 *
 *   openssl req -x509 -new -key p256.pem -sha384 -days 3650 -set_serial 0x00f3c1a2b4d5e6f708 -config <subject below,
 *     basicConstraints=critical,CA:TRUE,pathlen:1, keyUsage=critical,keyCertSign,cRLSign, subjectKeyIdentifier=hash>
 *   openssl x509 -noout -fingerprint -md5 (and -sha256), -subject, -dates
 */
export const OPENSSL_ROOT = {
  pem: `-----BEGIN CERTIFICATE-----
MIIBtDCCAVqgAwIBAgIJAPPBorTV5vcIMAoGCCqGSM49BAMDMDwxCzAJBgNVBAYT
AkRFMRYwFAYDVQQKDA1XaWRnZXRzLCBJbmMuMRUwEwYDVQQDDAxLw7ZsbiBSb290
IDEwHhcNMjYxMTIzMTkxMTM2WhcNMzYxMTIwMTkxMTM2WjA8MQswCQYDVQQGEwJE
RTEWMBQGA1UECgwNV2lkZ2V0cywgSW5jLjEVMBMGA1UEAwwMS8O2bG4gUm9vdCAx
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtAzydrFd8BU4XYR96SK4Kp15yra3
s2mmcO2R+yysnzv4LDYTVvsUZhj7JupkSbkWnRKuCWO9/5PtDg/B6SZV5aNFMEMw
EgYDVR0TAQH/BAgwBgEB/wIBATAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFNsj
bVi3zVFb7Lvw8XZnuI+C5t9FMAoGCCqGSM49BAMDA0gAMEUCIFryEOwysiY1nbAz
2CJIUaoHBN+c9xNYXISXG6nOsHoXAiEA4bUnu3sFU79djut69mDKSuZfU5lfQEYs
fyUt+grHCYc=
-----END CERTIFICATE-----
`,
  derBytes: 440,
  /** 3F:B5:8D:D2:18:E7:87:7E:76:B0:D2:7E:85:5F:4F:5E */
  md5: '3fb58dd218e7877e76b0d27e855f4f5e',
  /** SHA-256 of the DER, and of the content, since the upload has only one certificate. */
  sha256: '1a602026e29aec66a1f5ed50116ac52bad750a0572a2ea0c9e79eccd95296d81',
  subject: 'C=DE, O=Widgets\\, Inc., CN=Köln Root 1',
  /** Nov 23 19:11:36 2026 GMT */
  notBefore: 1_795_461_096,
  /** Nov 20 19:11:36 2036 GMT */
  notAfter: 2_110_821_096,
} as const
