/** The header in which a TLS server on 127.0.0.1 tells a Worker of the handshake: `<secret of the run> <JSON>`. */
export const HANDSHAKE_HEADER = 'access-mtls-dev-handshake'
