import { expect, it } from 'vitest'
import { prefersToJson } from '../../src/web/accept.ts'

const PEM = 'application/x-pem-file'

it.each([
  PEM,
  'Application/X-PEM-File',
  `${PEM};q=0.5`,
  `${PEM}, application/json`,
  `application/json;q=0.9, ${PEM}`,
  `text/html, ${PEM};q=0.8, */*;q=0.1`,
  `${PEM}; charset=utf-8`,
  `${PEM};q=0, ${PEM}`,
])('PEM is asked for by %s', (accept) => {
  expect(prefersToJson(accept, PEM)).toBe(true)
})

it.each([
  null,
  '',
  '*/*',
  'application/*',
  'application/json',
  'application/x-pem',
  `x${PEM}`,
  `${PEM};q=0`,
  `${PEM};q=0.000`,
  `${PEM};q=2`,
  `${PEM};q=`,
  `${PEM};q=-1`,
  `application/json, ${PEM};q=0.9`,
])('JSON is meant by %s', (accept) => {
  expect(prefersToJson(accept, PEM)).toBe(false)
})
