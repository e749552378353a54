import * as v from 'valibot'
import { mapOk, type Result } from '../../core/result.ts'
import { operation, SCOPE } from '../../web/operation.ts'
import { mapPage, PAGES, readPage } from '../../web/page.ts'
import { CertificateId, objectMessage, Text, typeMessage } from '../../web/shapes.ts'
import { unblockedNotes, uncoveredNote } from '../crls/coverage-notes.ts'
import { type Draft, ignoredFields, readDraft } from '../fields.ts'
import { type HostnameDraft, MAX_HOSTNAMES } from '../hostname-list.ts'
import { dryRunOf } from '../impact/shape.ts'
import { replacedHostnames } from './acts.ts'
import { type AddedCertificate, addCertificate, type CertificateDraft, TRIER } from './add.ts'
import { describeNotes, emptiedNote } from './notes.ts'
import {
  type ChangeDraft,
  changeCertificate,
  getCertificate,
  listCertificates,
  removeCertificate,
  tryChange,
  tryRemoval,
} from './rules.ts'
import { CertificateFields, MAX_NAME_CHARACTERS, shown } from './shape.ts'
import type { UpdatedCertificate, WithCertificate } from './writes-sql.ts'

const PATH = `${SCOPE}/access/certificates` as const
const ONE = `${PATH}/:certificate_id` as const

const Name = v.pipe(
  Text,
  // SQLite takes U+0000 for the end of a text when it measures or compares it.
  v.check((text) => !text.includes('\0'), 'has the character U+0000'),
  v.check(
    (name) => name !== '' && [...name].length <= MAX_NAME_CHARACTERS,
    ({ input }) => `must have 1 to ${MAX_NAME_CHARACTERS} characters, not ${[...input].length}`,
  ),
  v.metadata({ minLength: 1, maxLength: MAX_NAME_CHARACTERS }),
)

/** The count is checked before the items: a body has room for a hundred thousand wrong ones. */
const Hostnames = v.pipe(
  v.array(v.unknown(), typeMessage('an array of strings')),
  v.maxLength(MAX_HOSTNAMES, ({ input }) => `must have at most ${MAX_HOSTNAMES} hostnames, not ${input.length}`),
  v.array(Text),
)

/** The body of POST. Null hostnames mean none, as in PUT. */
const NewCertificateBody = v.object(
  { name: Name, certificate: Text, associated_hostnames: v.nullish(Hostnames) },
  objectMessage,
)

/** The body of PUT. Every other field is ignored, `certificate` too (contract 3). */
const CertificateChangeBody = v.object(
  { name: v.nullish(Name), associated_hostnames: v.nullish(Hostnames) },
  objectMessage,
)

const Certificate = v.pipe(CertificateFields, v.title('Certificate'))

/** The sound items, with their indexes in the body. */
function hostnameDrafts(hostnames: readonly (string | undefined)[] | null = []): readonly HostnameDraft[] {
  return (hostnames ?? []).flatMap((text, index) => (text === undefined ? [] : [{ index, text }]))
}

type NewFields = Draft<typeof NewCertificateBody>
type ChangeFields = Draft<typeof CertificateChangeBody>

function newDraft({ fields: { name, certificate, associated_hostnames }, faults }: NewFields): CertificateDraft {
  return { name, certificate, hostnames: hostnameDrafts(associated_hostnames), faults }
}

function changeDraft({ fields: { name, associated_hostnames }, faults }: ChangeFields): ChangeDraft {
  return { name: name ?? undefined, hostnames: hostnameDrafts(associated_hostnames), faults }
}

function shownAdded({ certificate, notes }: AddedCertificate, draft: Result<NewFields, unknown>) {
  return {
    result: shown(certificate),
    messages: [...describeNotes(notes), ...ignoredFields(NewCertificateBody, draft)],
  }
}

function shownChanged({ certificate, emptied, uncovered }: UpdatedCertificate, draft: Result<ChangeFields, unknown>) {
  return {
    result: shown(certificate),
    messages: [
      ...(emptied.length > 0 ? [emptiedNote(emptied)] : []),
      ...uncovered.map(uncoveredNote),
      ...ignoredFields(CertificateChangeBody, draft),
    ],
  }
}

function shownRemoved(id: string, { uncovered, blockedSerials }: WithCertificate) {
  return { result: { id }, messages: [...uncovered.map(uncoveredNote), ...unblockedNotes(blockedSerials)] }
}

/** Cloudflare's endpoint for certificates (contract 3). */
export const CERTIFICATES = [
  operation({
    namespace: 'cloudflare',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'List mTLS certificates',
    pages: PAGES,
    status: 200,
    result: v.array(Certificate),
    async serve({ query, claim, context }) {
      return mapOk(await listCertificates(context.db, claim, readPage(query)), (page) => ({
        page: mapPage(page, shown),
      }))
    },
  }),
  /** Adds a record: a root, or a chain up to one. */
  operation({
    namespace: 'cloudflare',
    method: 'POST',
    path: PATH,
    permission: 'write',
    summary: 'Add an mTLS certificate',
    body: NewCertificateBody,
    status: 201,
    result: Certificate,
    async serve({ request, claim, context }) {
      const draft = await readDraft(request, NewCertificateBody)
      const added = await addCertificate(context, claim, mapOk(draft, newDraft))
      return mapOk(added, (one) => shownAdded(one, draft))
    },
    async dryRun({ request, claim, context }) {
      const draft = await readDraft(request, NewCertificateBody)
      const added = await addCertificate(context, claim, mapOk(draft, newDraft), TRIER)
      if (!added.ok) return added
      const { stored, hostnames } = added.value
      const gained = hostnames.map(({ ascii }) => ascii)
      const act = replacedHostnames(claim, stored, gained, [])
      return await dryRunOf(context.db, claim, shownAdded(added.value, draft), act)
    },
  }),
  operation({
    namespace: 'cloudflare',
    method: 'GET',
    path: ONE,
    permission: 'read',
    summary: 'Get an mTLS certificate',
    status: 200,
    result: Certificate,
    async serve({ claim, context, params }) {
      const found = await getCertificate(context.db, claim, params.certificate_id)
      return mapOk(found, (certificate) => ({ result: shown(certificate) }))
    },
  }),
  /** Replaces the hostnames, and the name where one is given. Absent hostnames mean none. */
  operation({
    namespace: 'cloudflare',
    method: 'PUT',
    path: ONE,
    permission: 'write',
    summary: 'Update an mTLS certificate',
    body: CertificateChangeBody,
    status: 200,
    result: Certificate,
    async serve({ request, claim, context, params }) {
      const draft = await readDraft(request, CertificateChangeBody)
      const changed = await changeCertificate(context, claim, params.certificate_id, mapOk(draft, changeDraft))
      return mapOk(changed, (one) => shownChanged(one, draft))
    },
    async dryRun({ request, claim, context, params }) {
      const draft = await readDraft(request, CertificateChangeBody)
      const tried = await tryChange(context, claim, params.certificate_id, mapOk(draft, changeDraft))
      if (!tried.ok) return tried
      return await dryRunOf(context.db, claim, shownChanged(tried.value, draft), tried.value.act)
    },
  }),
  /** Answers 200 with the id, as the SDKs unwrap it (contract 1). */
  operation({
    namespace: 'cloudflare',
    method: 'DELETE',
    path: ONE,
    permission: 'write',
    summary: 'Delete an mTLS certificate',
    status: 200,
    result: v.strictObject({ id: CertificateId }),
    async serve({ claim, context, params }) {
      const id = params.certificate_id
      return mapOk(await removeCertificate(context.db, claim, id), (one) => shownRemoved(id, one))
    },
    async dryRun({ claim, context, params }) {
      const id = params.certificate_id
      const tried = await tryRemoval(context.db, claim, id)
      return tried.ok ? await dryRunOf(context.db, claim, shownRemoved(id, tried.value), tried.value.act) : tried
    },
  }),
]
