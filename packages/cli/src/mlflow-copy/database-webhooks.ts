import type { DatabaseReader } from './database-reader.ts'
import { type Message, textOf } from './endpoint.ts'
import { openFernet } from './fernet.ts'

/** Webhooks of the default workspace in the form of an answer, with their secrets where their key is given. */
export async function readWebhooks(
  reader: DatabaseReader,
  key: string | undefined,
): Promise<Message> {
  const columns = await reader.columns('webhooks')
  if (columns.size === 0) return {}
  const rows = await reader.all(
    `SELECT webhook_id, name, description, url, status, secret FROM webhooks
     WHERE deleted_timestamp IS NULL ${columns.has('workspace') ? "AND workspace = 'default'" : ''}
     ORDER BY creation_timestamp DESC, webhook_id`,
  )
  const webhooks: Message[] = []
  for (const { webhook_id, secret, ...row } of rows) {
    const events = await reader.all(
      'SELECT entity, action FROM webhook_events WHERE webhook_id = ? ORDER BY entity, action',
      [textOf(webhook_id)],
    )
    const sealed = textOf(secret ?? '')
    const opened = sealed && key ? openFernet(key, sealed) : undefined
    webhooks.push({
      ...row,
      description: row['description'] ?? '',
      events: events.map(({ entity, action }) => ({
        entity: textOf(entity).toUpperCase(),
        action: textOf(action).toUpperCase(),
      })),
      has_secret: sealed !== '',
      ...(opened ? { secret: opened } : {}),
    })
  }
  return { webhooks }
}
