import type { MigrationEvent } from '../storage/index.ts'

/** A line for the console: an upgrade of a large database takes minutes, and nobody should take it for a standstill. */
export function migrationWords(event: MigrationEvent): string {
  if (event.what === 'waiting') {
    return 'Another server upgrades the database; this one waits for it.'
  }
  const step = `Upgrading the database, step ${event.at} of ${event.of} (${event.name})`
  return event.what === 'started' ? `${step} …` : `${step}: ${(event.tookMs / 1000).toFixed(1)} s.`
}
