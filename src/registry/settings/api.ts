import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import type { WireMessage } from '../../web/envelope.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { MAX_PER_PAGE, mapPage, readPage } from '../../web/page.ts'
import { Flag, objectMessage, Text, typeMessage } from '../../web/shapes.ts'
import { type Draft, readDraft } from '../fields.ts'
import { MAX_HOSTNAMES } from '../hostname-list.ts'
import { MAX_MESSAGES, unknownFieldMessages } from '../unknown-fields.ts'
import { listSettings, putSettings, type SettingsDraft, type ShownSetting } from './rules.ts'

const PATH = `${SCOPE}/access/certificates/settings` as const

/** An entry of the PUT. Missing and null flags are false. */
const Entry = v.object({ hostname: Text, china_network: Flag, client_certificate_forwarding: Flag }, objectMessage)

const SettingsBody = v.object(
  {
    settings: v.nullish(
      v.pipe(
        v.array(v.unknown(), typeMessage('an array of objects')),
        v.maxLength(MAX_HOSTNAMES, ({ input }) => `must have at most ${MAX_HOSTNAMES} entries, not ${input.length}`),
        v.array(
          v.pipe(
            v.unknown(),
            // valibot accepts an array as an object.
            v.check((entry) => !Array.isArray(entry), typeMessage('a JSON object')),
            Entry,
          ),
        ),
      ),
    ),
  },
  objectMessage,
)

/** A setting of a hostname (contract 3, Settings). */
const Setting = v.pipe(
  v.strictObject({
    hostname: v.string(),
    china_network: v.boolean(),
    client_certificate_forwarding: v.boolean(),
  }),
  v.title('HostnameSetting'),
)

function shown({ text, chinaNetwork, clientCertificateForwarding }: ShownSetting): Shape<typeof Setting> {
  return {
    hostname: text,
    china_network: chinaNetwork,
    client_certificate_forwarding: clientCertificateForwarding,
  }
}

/** Cloudflare's endpoint for hostname settings (contract 3, Settings). */
export const SETTINGS = [
  /**
   * No client asks for pages of this list, so an answer has as many settings as a page can have, without `result_info`
   * (contract 3). It has `result_info` where a page was asked for, or where there are more settings.
   */
  operation({
    namespace: 'cloudflare',
    method: 'GET',
    path: PATH,
    permission: 'read',
    summary: 'List all mTLS hostname settings',
    pages: { perPage: MAX_PER_PAGE, alwaysInfo: false },
    status: 200,
    result: v.array(Setting),
    async serve({ query, claim, context }) {
      const listed = await listSettings(context.db, claim, readPage(query, MAX_PER_PAGE))
      return mapOk(listed, (settings) => {
        const page = mapPage(settings, shown)
        const isPage = query.has('page') || query.has('per_page') || page.total > page.items.length
        return isPage ? { page } : { result: page.items }
      })
    },
  }),
  /** Answers with the settings that came with a flag, as they are now (contract 3). */
  operation({
    namespace: 'cloudflare',
    method: 'PUT',
    path: PATH,
    permission: 'write',
    summary: 'Update mTLS hostname settings',
    body: SettingsBody,
    status: 202,
    result: v.array(Setting),
    async serve({ request, claim, context }) {
      const draft = await readDraft(request, SettingsBody)
      const settings = await putSettings(context, claim, mapOk(draft, settingsDraft))
      return mapOk(settings, (all) => ({
        result: all.map(shown),
        messages: draft.ok ? ignored(draft.value) : [],
      }))
    },
  }),
]

function settingsDraft({ fields, faults }: Draft<typeof SettingsBody>): SettingsDraft {
  const settings = (fields.settings ?? []).flatMap((entry, index) =>
    entry === undefined
      ? []
      : [
          {
            index,
            hostname: entry.hostname,
            chinaNetwork: entry.china_network ?? undefined,
            clientCertificateForwarding: entry.client_certificate_forwarding ?? undefined,
          },
        ],
  )
  return { settings, faults }
}

/** The messages about unknown fields, those of entries too: a misspelt flag is off, which removes the hostname's setting. */
function ignored({ fields, body }: Draft<typeof SettingsBody>): readonly WireMessage[] {
  const messages = [...unknownFieldMessages(SettingsBody, body)]
  for (const [index, entry] of (fields.settings ?? []).entries()) {
    if (messages.length >= MAX_MESSAGES) break
    messages.push(...unknownFieldMessages(Entry, entry, `/settings/${index}`))
  }
  return messages.slice(0, MAX_MESSAGES)
}
