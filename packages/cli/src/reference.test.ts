import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { expect, it } from 'vitest'
import { commands } from './program.ts'
import { renderReference } from './reference.ts'

it('tells arguments, options, choices, defaults and examples', () => {
  const add = new Command('add')
    .description('Adds <rows>.')
    .argument('<name>', 'the dataset')
    .argument('[files...]', 'files, a|b')
    .requiredOption('--why <text>', 'the reason')
    .option('--limit <rows>', 'how many', '10')
    .addOption(new Option('--as <format>', 'its format').choices(['csv', 'parquet']))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  kaizen data add x y.csv')
  const page = renderReference([new Command('data').description('Data.').addCommand(add)])
  expect(page.slice(page.indexOf('## kaizen data'))).toBe(`## kaizen data

Data.

### kaizen data add

Adds &lt;rows>.

\`\`\`
kaizen data add <name> [files...] --why <text> [options]
\`\`\`

| | |
|---|---|
| \`<name>\` | the dataset |
| \`[files...]\` | files, a\\|b |
| \`--why <text>\` | the reason |
| \`--limit <rows>\` | how many; \`10\` unless told |
| \`--as <format>\` | its format; one of \`csv\`, \`parquet\` |

\`\`\`sh
kaizen data add x y.csv
\`\`\`
`)
})

it('is what docs/reference/cli.md says; `./kaizen dev reference` writes it', async () => {
  const page = renderReference(await Promise.all([...commands.values()].map((load) => load())))
  const file = new URL('../../../docs/reference/cli.md', import.meta.url)
  expect(page).toBe(await readFile(file, 'utf8'))
})
