import { webhookEvents } from '@kaizen/contracts'
import type { CopyContext } from './context.ts'
import { listOf, type Message, textOf } from './endpoint.ts'
import type { MlflowSource } from './source.ts'

type Attempt = (what: string, copy: () => Promise<void>) => Promise<void>

const webhooksOf = (source: Pick<MlflowSource, 'get' | 'pages'>) =>
  Array.fromAsync(
    source.pages('webhooks', (page_token) =>
      source.get('webhooks', { max_results: '100', page_token }),
    ),
  )

/** Webhooks by name and address. One whose secret cannot be had is switched off: nobody gets events that are not signed. */
export async function copyWebhooks(context: CopyContext, attempt: Attempt): Promise<void> {
  const { from, to, report } = context
  const webhooks = await webhooksOf(from)
  const there = new Set((await webhooksOf(to.endpoint)).map(identityOf))
  for (const webhook of webhooks.reverse()) {
    const what = `webhook "${textOf(webhook['name'])}"`
    await attempt(what, async () => {
      if (there.has(identityOf(webhook))) return report.count('webhooks already there')
      const events = known(webhook, (event) =>
        report.notes.push({ what, why: `there is no event ${event} to ask for` }),
      )
      if (events.length === 0) return
      const secret = textOf(webhook['secret'])
      const mayBeSigned = webhook['has_secret'] !== false && secret === ''
      await to.endpoint.send('webhooks', {
        name: webhook['name'],
        url: webhook['url'],
        description: textOf(webhook['description']),
        events,
        status: mayBeSigned ? 'DISABLED' : textOf(webhook['status']) || 'ACTIVE',
        ...(secret ? { secret } : {}),
      })
      report.count('webhooks')
      if (mayBeSigned) report.notes.push({ what, why: unreadable })
    })
  }
}

const unreadable =
  'switched off, for its secret cannot be read: a server tells none, and a database only with the key of MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY. Set the secret, then switch it on'

const identityOf = (webhook: Message): string => JSON.stringify([webhook['name'], webhook['url']])

function known(webhook: Message, onUnknown: (event: string) => void): readonly Message[] {
  return listOf(webhook['events']).filter(({ entity, action }) => {
    const actions = (webhookEvents as Readonly<Record<string, readonly string[]>>)[textOf(entity)]
    if (actions?.includes(textOf(action))) return true
    onUnknown(`${textOf(entity)}.${textOf(action)}`)
    return false
  })
}
