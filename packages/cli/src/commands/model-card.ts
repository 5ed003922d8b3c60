import { readFile, writeFile } from 'node:fs/promises'
import { KaizenError, modelCardsApi } from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { print } from '../render.ts'

/** `kaizen models card`: what is on record about a version, and what people wrote. */
export const cardCommand = (): Command =>
  apiCommand(
    'card',
    'Show the model card of a version, write its prose, or export it.',
    'kaizen models card fraud 4 > card.md',
    'kaizen models card fraud 4 --edit card.md',
    'kaizen models card fraud 4 --html card.html',
  )
    .argument('<name>', 'the model')
    .argument('<version>', 'number of the version')
    .option('--edit <file>', 'write the prose of this Markdown file as a new revision')
    .option('--html <file>', 'write the card as one HTML file')
    .action(
      async (
        name: string,
        version: string,
        flags: { edit?: string; html?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const params = { name, version: Number(version) }
        const card =
          flags.edit === undefined
            ? await client.call(modelCardsApi.get, { params, query: {} })
            : await client.call(modelCardsApi.edit, {
                params,
                body: { markdown: await readText(flags.edit) },
              })
        if (flags.html !== undefined) {
          const page = await client.stream(modelCardsApi.html, { params, query: {} })
          await writeFile(flags.html, await page.text())
        }
        const done = [
          ...(flags.edit === undefined ? [] : [`Revision ${card.edit?.revision} is written.`]),
          ...(flags.html === undefined ? [] : [`The card is in ${flags.html}.`]),
        ]
        print(json, card, () => (done.length === 0 ? card.markdown : done.join('\n')))
      },
    )

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KaizenError('NOT_FOUND', `the file ${file} cannot be read`, { cause })
  })
