import {
  type EndpointSettings,
  type FeedbackItem,
  KaizenError,
  servingApi,
} from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { readLabels } from '../label-file.ts'
import { print, renderFacts } from '../render.ts'
import { readJson } from './endpoint-experiments.ts'

/** `kaizen endpoints settings` and `feedback-import`. */
export const endpointDataCommands = (): readonly Command[] => [settingsCommand(), importCommand()]

const settingsCommand = (): Command =>
  apiCommand(
    'settings',
    'Show or set the limits of an endpoint and what it logs.',
    `kaizen endpoints settings fraud '{"limits": {"maxConcurrent": 32, "timeoutMs": 200}, "log": {"redact": ["name"]}}'`,
  )
    .argument('<name>', 'the endpoint')
    .argument('[settings]', 'JSON or @FILE; what is left out is unlimited')
    .action(async (name: string, text: string | undefined, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view =
        text === undefined
          ? await client.call(servingApi.get, { params: { name } })
          : await client.call(servingApi.setSettings, {
              params: { name },
              body: (await readJson('settings', text)) as EndpointSettings,
            })
      print(json, view.settings, () => JSON.stringify(view.settings, null, 2))
    })

/** Items in one call; the server takes 10,000. */
const chunk = 5000

const importCommand = (): Command =>
  apiCommand(
    'feedback-import',
    'Give the ground truth of many predictions from a CSV or JSON Lines file; again is harmless.',
    'kaizen endpoints feedback-import fraud chargebacks.csv --id inference_id --value is_fraud',
  )
    .argument('<name>', 'the endpoint')
    .argument('<file>', '.jsonl or .ndjson is JSON Lines, all else CSV with a header line')
    .option('--id <field>', 'the field of the inference id', 'inference_id')
    .option('--value <field>', 'the field of what was true', 'value')
    .option('--observed-at <field>', 'the field of when it was seen', 'observed_at')
    .action(
      async (
        name: string,
        file: string,
        flags: { id: string; value: string; observedAt: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const total = { accepted: 0, corrected: 0, unchanged: 0, unknown: 0 }
        let items: FeedbackItem[] = []
        const send = async (): Promise<void> => {
          if (items.length === 0) return
          const counts = await client.call(servingApi.feedback, {
            params: { name },
            body: { items },
          })
          items = []
          total.accepted += counts.accepted
          total.corrected += counts.corrected
          total.unchanged += counts.unchanged
          total.unknown += counts.unknown.length
        }
        for await (const item of readLabels(file, flags)) {
          items.push(item)
          if (items.length === chunk) await send()
        }
        await send()
        print(json, total, () => renderFacts(total))
        if (total.accepted + total.corrected + total.unchanged === 0 && total.unknown > 0) {
          throw new KaizenError('NOT_FOUND', `${name} has made none of these predictions`)
        }
      },
    )
