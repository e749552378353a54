import { expect, it } from 'vitest'
import { etagOf } from '../../src/web/etag.ts'
import type { Page } from '../../src/web/page.ts'

const page = (total: number): Page<unknown> => ({ items: [], page: 1, perPage: 10, total })

it('a tag covers the result, without what is untagged, and the page in it', async () => {
  const tag = await etagOf({ result: { a: 1 } })
  expect(await etagOf({ result: { a: 1 }, messages: [] })).toBe(tag)
  expect(await etagOf({ result: { a: 1, b: 2 } }, ['b'])).toBe(tag)
  expect(await etagOf({ result: { a: 1, b: 2 } })).not.toBe(tag)
  expect(await etagOf({ result: { a: 2, b: 2 } }, ['b'])).not.toBe(tag)
  const [first, second, third] = [
    await etagOf({ result: { a: 1 }, page: page(1) }),
    await etagOf({ result: { a: 2 }, page: page(1) }),
    await etagOf({ result: { a: 1 }, page: page(2) }),
  ]
  expect(new Set([first, second, third]).size).toBe(3)
})
