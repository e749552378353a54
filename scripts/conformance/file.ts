import { readFileSync } from 'node:fs'
import { UsageError } from '../cli/usage-error.ts'
import type { ConformanceCase } from './case.ts'

/** Reads a file in the schema of C2SP/x509-limbo. Throws UsageError when the file is not in that schema. */
export function readCases(path: string): readonly ConformanceCase[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const cases = isRecord(parsed) && parsed['version'] === 1 ? parsed['testcases'] : undefined
  if (!Array.isArray(cases)) throw notLimbo(path, 'an object with "version": 1 and a list "testcases"')
  return cases.map((given: unknown, index) => {
    if (isCase(given)) return given
    throw notLimbo(path, `certificates, purposes and an expected result in case ${index + 1}`)
  })
}

function notLimbo(path: string, missing: string): UsageError {
  return new UsageError(`${path} is not in the schema of x509-limbo; accepted is a file with ${missing}`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const isText = (value: unknown) => typeof value === 'string'
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)

/** The fields that are read; the schema has more, and additions are welcome. */
function isCase(given: unknown): given is ConformanceCase {
  if (!isRecord(given)) return false
  const lists = ['trusted_certs', 'untrusted_intermediates', 'extended_key_usage', 'key_usage']
  const time = given['validation_time'] ?? null
  return (
    isText(given['id']) &&
    isText(given['peer_certificate']) &&
    lists.every((name) => isTexts(given[name])) &&
    isTexts(given['crls'] ?? []) &&
    isTexts(given['features'] ?? []) &&
    ['CLIENT', 'SERVER'].includes(String(given['validation_kind'])) &&
    ['SUCCESS', 'FAILURE'].includes(String(given['expected_result'])) &&
    (time === null || !Number.isNaN(Date.parse(String(time))))
  )
}
