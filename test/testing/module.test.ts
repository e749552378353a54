import * as packaged from 'access-mtls/testing'
import { describe, expect, it } from 'vitest'
import * as source from '../../src/testing/index.ts'
import { root } from '../support/pki.ts'

describe('access-mtls/testing, inside workerd', () => {
  it('has the exports and results of the source', async () => {
    expect(Object.keys(packaged).sort()).toEqual(Object.keys(source).sort())
    const pem = root()
    expect(await packaged.tlsClientAuthFrom(pem)).toEqual(await source.tlsClientAuthFrom(pem))
    await expect(packaged.tlsClientAuthFrom('')).rejects.toThrow(TypeError)
  })

  it('starts no service here, and says where', () => {
    expect(() => packaged.startAccessMtls()).toThrow(
      /^startAccessMtls starts a process, which only Node can: call it in/,
    )
  })
})
