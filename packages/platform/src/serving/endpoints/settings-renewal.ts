import { type EndpointSettings, KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type Actor, type Clock, canonicalJson } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import type { FeatureSource } from '../lookup/feature-lookup.ts'
import type { EndpointRecord } from '../model.ts'
import * as store from './endpoints.store.ts'
import type { LiveEndpoint } from './live-endpoint.ts'

/** Takes up settings that a project, or another server, has put into force. */
export function renewSettings(
  records: readonly Pick<EndpointRecord, 'name' | 'settings'>[],
  opened: { get(name: string): Pick<LiveEndpoint, 'settings' | 'configure'> | undefined },
): void {
  for (const { name, settings } of records) {
    const live = opened.get(name)
    if (live && canonicalJson(live.settings) !== canonicalJson(settings)) live.configure(settings)
  }
}

/** Stores settings that a person sets. @throws NOT_FOUND where the endpoint or one of its features is not there */
export async function storeSettings(
  deps: {
    readonly database: Database
    readonly audit: AuditLog
    readonly clock: Clock
    readonly features?: FeatureSource | undefined
  },
  { actor, name }: { readonly actor: Actor; readonly name: string },
  settings: EndpointSettings,
): Promise<void> {
  if (settings.features) await deps.features?.plan(settings.features)
  return deps.database.write(async (tx) => {
    const before = await store.findEndpoint(tx, name)
    if (!before) throw new KaizenError('NOT_FOUND', `the endpoint "${name}" was deleted`)
    await store.updateEndpoint(tx, { ...before, settings, updatedAt: deps.clock.now() })
    await deps.audit.append(tx, {
      actor,
      type: 'serving.settings.set',
      subject: `endpoint:${name}`,
      data: { before: before.settings, after: settings },
    })
  })
}
