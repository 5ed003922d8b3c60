import { searchApi } from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { wholeNumber } from '../option-values.ts'
import { formatTime, print, renderTable } from '../render.ts'

/** `kaizen search`: anything by its name or the beginning of its id. */
export const searchCommand = (): Command =>
  apiCommand(
    'search',
    'Find runs, models, data and all else by name or the beginning of an id.',
    'kaizen search bike runs',
    'kaizen search b945d8cb',
  )
    .argument('<words...>', 'each must be within the name; a word such as runs asks for that kind')
    .option('--limit <number>', 'how many of each kind', wholeNumber(1), 8)
    .action(
      async (words: readonly string[], flags: { readonly limit: number }, command: Command) => {
        const { client, json } = contextOf(command)
        const query = { q: words.join(' '), limit: flags.limit }
        const answer = await client.call(searchApi.find, { query })
        print(json, answer, () =>
          answer.items.length === 0
            ? `Nothing is called "${query.q}".`
            : [
                renderTable(answer.items, [
                  { title: 'kind', of: ({ kind }) => kind },
                  { title: 'name', of: ({ name }) => name },
                  { title: 'id', of: ({ id }) => id },
                  { title: 'of', of: ({ detail }) => detail?.split('\n')[0]?.slice(0, 60) },
                  { title: 'last', of: ({ at }) => formatTime(at) },
                ]),
                ...(answer.more.length === 0
                  ? []
                  : [`There is more of: ${answer.more.join(', ')}`]),
              ].join('\n'),
        )
      },
    )
