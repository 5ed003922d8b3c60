import { canonicalJson } from '../kernel/index.ts'
import type { LiveEndpoint } from './live-endpoint.ts'
import type { EndpointRecord } from './model.ts'

/** Takes up settings that a project, or another server, has put into force. */
export function renewSettings(
  records: readonly Pick<EndpointRecord, 'name' | 'settings'>[],
  opened: ReadonlyMap<string, Pick<LiveEndpoint, 'settings' | 'configure'>>,
): void {
  for (const { name, settings } of records) {
    const live = opened.get(name)
    if (live && canonicalJson(live.settings) !== canonicalJson(settings)) live.configure(settings)
  }
}
