import { mlflowWebhooksApi as api, KaizenError, webhooksApi } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'

/** `kaizen webhooks`: events of the registry for other programs. */
export function webhooksCommand(): Command {
  return new Command('webhooks')
    .description('Events of the registry, sent to other programs.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(deleteCommand())
    .addCommand(testCommand())
    .addCommand(deliveriesCommand())
}

const listCommand = (): Command =>
  apiCommand('list', 'List webhooks.', 'kaizen webhooks list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { webhooks = [] } = await client.call(api.list, { query: { max_results: 1000 } })
      print(json, webhooks, () =>
        renderTable(webhooks, [
          { title: 'id', of: (row) => row.webhook_id },
          { title: 'name', of: (row) => row.name },
          { title: 'status', of: (row) => row.status },
          { title: 'url', of: (row) => row.url },
          {
            title: 'events',
            of: (row) => row.events.map(({ entity, action }) => `${entity}.${action}`).join(', '),
          },
        ]),
      )
    },
  )

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Create a webhook; KAIZEN_WEBHOOK_SECRET holds the secret that it signs with.',
    'kaizen webhooks create ci https://ci.example.org/hook --event MODEL_VERSION.CREATED',
  )
    .argument('<name>', 'what it is called')
    .argument('<url>', 'where events go')
    .requiredOption(
      '--event <ENTITY.ACTION>',
      'an event to send; repeatable',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .action(
      async (name: string, url: string, flags: { event: readonly string[] }, command: Command) => {
        const { client, json } = contextOf(command)
        const secret = process.env['KAIZEN_WEBHOOK_SECRET']
        const { webhook } = await client.call(api.create, {
          params: {},
          body: {
            name,
            url,
            events: flags.event.map(parseEvent),
            ...(secret ? { secret } : {}),
          },
        })
        const signed = secret ? 'signed' : 'not signed; set KAIZEN_WEBHOOK_SECRET to sign'
        print(json, webhook, () => `${webhook.webhook_id} sends to ${webhook.url}, ${signed}.`)
      },
    )

const deleteCommand = (): Command =>
  apiCommand('delete', 'Delete a webhook.', 'kaizen webhooks delete wh_01m8fef2yn484wysfh8t589gvg')
    .argument('<id>', 'id of the webhook')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      await client.call(api.delete, { params: { webhook_id: id }, body: {} })
      print(json, {}, () => `${id} is deleted.`)
    })

const testCommand = (): Command =>
  apiCommand('test', 'Send an example now.', 'kaizen webhooks test wh_01m8fef2yn484wysfh8t589gvg')
    .argument('<id>', 'id of the webhook')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { result } = await client.call(api.test, { params: { webhook_id: id }, body: {} })
      print(json, result, () =>
        result.error_message === undefined
          ? `The receiver answered ${result.response_status}.`
          : `It did not arrive: ${result.error_message}`,
      )
    })

const deliveriesCommand = (): Command =>
  apiCommand(
    'deliveries',
    'List the newest deliveries of a webhook.',
    'kaizen webhooks deliveries wh_01m8fef2yn484wysfh8t589gvg',
  )
    .argument('<id>', 'id of the webhook')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(webhooksApi.deliveries, { params: { id } })
      print(json, items, () =>
        renderTable(items, [
          { title: 'event', of: (row) => row.event },
          { title: 'state', of: (row) => row.state },
          { title: 'attempts', of: (row) => row.attempts, right: true },
          { title: 'answer', of: (row) => row.responseStatus },
          { title: 'made', of: (row) => formatTime(row.createdAt) },
          { title: 'error', of: (row) => row.error },
        ]),
      )
    })

function parseEvent(text: string): { readonly entity: string; readonly action: string } {
  const [entity, action, ...rest] = text.split('.')
  if (entity && action && rest.length === 0) return { entity, action }
  throw new KaizenError('INVALID_CONFIG', `--event: "${text}" is not an event`, {
    hint: 'Write for example MODEL_VERSION.CREATED.',
  })
}
