/** The DOM's types refuse octets that threads might share. Those of src/x509 have the types of Workers, which do not ask. */
interface SubtleCrypto {
  digest(algorithm: AlgorithmIdentifier, data: ArrayBufferView): Promise<ArrayBuffer>
  verify(
    algorithm: AlgorithmIdentifier | RsaPssParams | EcdsaParams,
    key: CryptoKey,
    signature: ArrayBufferView,
    data: ArrayBufferView,
  ): Promise<boolean>
  importKey(
    format: Exclude<KeyFormat, 'jwk'>,
    keyData: ArrayBufferView,
    algorithm: AlgorithmIdentifier | RsaHashedImportParams | EcKeyImportParams | HmacImportParams | AesKeyAlgorithm,
    extractable: boolean,
    keyUsages: readonly KeyUsage[],
  ): Promise<CryptoKey>
}
