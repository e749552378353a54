import * as v from 'valibot'
import { fail, ok, type Result } from '../core/result.ts'
import type { CertificateDraft } from '../registry/certificates/add.ts'
import type { ChangeDraft } from '../registry/certificates/rules.ts'
import type { CrlDraft } from '../registry/crls/draft.ts'
import type { HostnameDraft } from '../registry/hostname-list.ts'
import type { ModeDraft } from '../registry/modes/rules.ts'
import type { FieldFault, Refusal } from '../registry/refusal.ts'
import type { PolicyDraft } from '../registry/revocation-policies/rules.ts'
import type { SettingsDraft } from '../registry/settings/rules.ts'
import type { VerifyDraft } from '../registry/verify/rules.ts'
import type { PageRequest } from '../web/page.ts'
import { findPrivateKeys } from '../web/private-key.ts'
import { MAX_PER_PAGE, PAGES } from '../web/route.ts'
import { type Fields, misspelling } from '../web/unknown-fields.ts'
import {
  CertificateChangeBody,
  CrlBody,
  HostnameModeBody,
  jsonType,
  NewCertificateBody,
  RevocationBody,
  SettingsBody,
  VerifyBody,
} from './schemas.ts'

/**
 * Turns the body of POST into a draft: what has the right type goes on, what has not becomes a fault, and no fault
 * hides another. Unknown fields are ignored (contract 3), unless they hold a private key.
 */
export function readCertificateDraft(body: unknown): CertificateDraft {
  const { fields, faults } = readFields(NewCertificateBody, body)
  return {
    name: text(fields['name']),
    certificate: text(fields['certificate']),
    hostnames: hostnameDrafts(fields['associated_hostnames']),
    faults,
  }
}

/** Turns the body of a certificate's PUT into a draft, in the same way. Absent hostnames mean none. */
export function readChangeDraft(body: unknown): ChangeDraft {
  const { fields, faults } = readFields(CertificateChangeBody, body)
  return { name: text(fields['name']), hostnames: hostnameDrafts(fields['associated_hostnames']), faults }
}

/** Turns the body of the settings' PUT into a draft, in the same way. */
export function readSettingsDraft(body: unknown): SettingsDraft {
  const { fields, faults } = readFields(SettingsBody, body)
  return {
    settings: list(fields['settings']).flatMap((entry, index) => {
      if (typeof entry !== 'object' || entry === null) return []
      const setting: Readonly<Record<string, unknown>> = { ...entry }
      return [
        {
          index,
          hostname: pointsInto(faults, `/settings/${index}/hostname`) ? undefined : text(setting['hostname']),
          chinaNetwork: flag(setting['china_network']),
          clientCertificateForwarding: flag(setting['client_certificate_forwarding']),
        },
      ]
    }),
    faults,
  }
}

/** Turns the body of a request for a decision into a draft, in the same way. */
export function readVerifyDraft(body: unknown): VerifyDraft {
  const { fields, faults } = readFields(VerifyBody, body)
  return {
    hostname: text(fields['hostname']),
    certificate: text(fields['certificate']),
    chain: text(fields['chain']),
    at: seconds(fields['at']),
    trace: fields['trace'] === true,
    faults,
  }
}

/** A time of RFC 3339 as Unix seconds, UTC. */
function seconds(value: unknown): number | undefined {
  return typeof value === 'string' ? Math.floor(Date.parse(value) / 1000) : undefined
}

/** Turns the body of a hostname's PUT into a draft, in the same way. */
export function readModeDraft(body: unknown): ModeDraft {
  const { fields, faults } = readFields(HostnameModeBody, body)
  return { mode: oneOf(fields['mode'], ['required', 'report', 'open']), until: seconds(fields['until']), faults }
}

/** Turns the body of a revocation policy's PUT into a draft, in the same way. */
export function readPolicyDraft(body: unknown): PolicyDraft {
  const { fields, faults } = readFields(RevocationBody, body)
  const stale = oneOf(fields['stale_policy'], ['soft', 'hard'])
  const uncovered = oneOf(fields['uncovered'], ['allow', 'refuse'])
  return { policy: { ...(stale && { stale }), ...(uncovered && { uncovered }) }, faults }
}

/** Turns the body of a CRL's PUT into a draft, in the same way. */
export function readCrlDraft(body: unknown): CrlDraft {
  const { fields, faults } = readFields(CrlBody, body)
  const crl = text(fields['crl'])
  const octets = crl === undefined ? undefined : new TextEncoder().encode(crl)
  return { pointer: '/crl', octets, ca: text(fields['ca']), faults }
}

/** Reads `ca_fingerprint_sha256`, as answers show it; null where it is not given. */
export function readFingerprint(query: URLSearchParams): Result<string | null, Refusal> {
  const [value = null, ...more] = query.getAll('ca_fingerprint_sha256')
  if (value === null) return ok(null)
  const sound = /^[0-9a-f]{64}$/i.test(value) && more.length === 0
  return sound ? ok(value.toLowerCase()) : fail({ reason: 'invalid_fingerprint' })
}

/**
 * Reads `page` and `per_page` (contract 2). Each stands once, as a whole number; 0 counts as absent: the official Go
 * client sends it for a field that was not set. `perPageOtherwise`: how many where `per_page` is absent.
 */
export function readPage(
  query: URLSearchParams,
  perPageOtherwise: number = PAGES.perPage,
): Result<PageRequest, Refusal> {
  const page = pageParameter(query, 'page', 1, MAX_PAGE)
  if (!page.ok) return page
  const perPage = pageParameter(query, 'per_page', perPageOtherwise, MAX_PER_PAGE)
  return perPage.ok ? ok({ page: page.value, perPage: perPage.value }) : perPage
}

/** Fifteen digits: the largest number of nines that a double holds exactly. */
const MAX_PAGE = 999_999_999_999_999

function pageParameter(
  query: URLSearchParams,
  parameter: 'page' | 'per_page',
  otherwise: number,
  max: number,
): Result<number, Refusal> {
  const [value, ...more] = query.getAll(parameter)
  if (value === undefined || (value === '0' && more.length === 0)) return ok(otherwise)
  const number = /^\d{1,15}$/.test(value) && more.length === 0 ? Number(value) : 0
  return number >= 1 && number <= max ? ok(number) : fail({ reason: 'invalid_page', parameter, max })
}

function hostnameDrafts(value: unknown): readonly HostnameDraft[] {
  return list(value).flatMap((name, index) => (typeof name === 'string' ? [{ index, text: name }] : []))
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function pointsInto(faults: readonly FieldFault[], pointer: string): boolean {
  return faults.some((fault) => fault.pointer === pointer)
}

function oneOf<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  return words.find((word) => word === value)
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The fields that nothing is held against, and all that is held against the others. */
function readFields(schema: v.GenericSchema & Fields, body: unknown) {
  const faults: FieldFault[] = [...findPrivateKeys(body)]
  // valibot takes an array for an object.
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    faults.push({ pointer: '', reason: 'schema', detail: `must be a JSON object, not ${jsonType(body)}` })
    return { fields: {}, faults }
  }
  for (const issue of v.safeParse(schema, body).issues ?? []) {
    const pointer = (issue.path ?? []).map(({ key }) => `/${String(key)}`).join('')
    faults.push({ pointer, reason: 'schema', detail: issue.message + meantBy(schema, body, pointer) })
  }
  return { fields: withoutFaulty(body, faults), faults }
}

/** Names the field that a missing one was probably meant by. */
function meantBy(schema: Fields, body: object, pointer: string): string {
  const field = pointer.slice(1)
  if (Object.hasOwn(body, field)) return ''
  const meant = misspelling(schema, body, field)
  return meant === undefined ? '' : `; ${meant} is not a field of this request`
}

/** Leaves out the members, and the items of lists, that a fault points at: they are not read any further. */
function withoutFaulty(body: object, faults: readonly FieldFault[]): Readonly<Record<string, unknown>> {
  const faulty = new Set(faults.map(({ pointer }) => pointer))
  return Object.fromEntries(
    Object.entries(body)
      .filter(([key]) => !faulty.has(`/${key}`))
      .map(([key, value]) => [
        key,
        Array.isArray(value) ? value.map((item: unknown, i) => (faulty.has(`/${key}/${i}`) ? undefined : item)) : value,
      ]),
  )
}
