import { Command } from 'commander'
import { exampleText } from '../example-text.ts'
import { print, printable } from '../render.ts'

/** The commands of the program, each loaded where it is wanted. */
type Commands = ReadonlyMap<string, () => Promise<Command>>

/** `kaizen dev`: what those who work on Kaizen itself use. */
export function devCommand(commands: Commands): Command {
  return new Command('dev')
    .description('Tools for work on Kaizen itself.')
    .addCommand(parityCommand())
    .addCommand(referenceCommand(commands))
}

const referenceCommand = (commands: Commands): Command =>
  new Command('reference')
    .description('Print the page of all commands, docs/reference/cli.md.')
    .option('--json', 'print JSON', false)
    .addHelpText('after', exampleText('kaizen dev reference > docs/reference/cli.md'))
    .action(async (flags: { readonly json: boolean }) => {
      const { renderReference } = await import('../reference.ts')
      const page = renderReference(await Promise.all([...commands.values()].map((load) => load())))
      if (flags.json) print(true, { page }, () => page)
      else process.stdout.write(page)
    })

const parityCommand = (): Command =>
  new Command('parity')
    .description("Compare Kaizen's numbers with golden values of the reference libraries.")
    .argument('<folder>', 'folder with parity case files; data files beside it or above')
    .option('--json', 'print JSON', false)
    .addHelpText('after', exampleText('kaizen dev parity packages/ml/fixtures/parity'))
    .action(async (folder: string, flags: { readonly json: boolean }) => {
      const { runParityFolder } = await import('@kaizen/platform')
      const say = (text: string): void => {
        if (!flags.json) process.stdout.write(`${text}\n`)
      }
      const failures: { readonly id: string; readonly differences: readonly string[] }[] = []
      let passed = 0
      for await (const { file, results } of runParityFolder(folder)) {
        const failed = results.filter((result) => !result.passed)
        passed += results.length - failed.length
        failures.push(...failed.map(({ id, differences }) => ({ id, differences })))
        say(`${file}: ${results.length - failed.length} of ${results.length}`)
        for (const { id, differences } of failed)
          say([`  ${id}`, ...differences.map((text) => `    ${printable(text)}`)].join('\n'))
      }
      const total = `${passed} passed, ${failures.length} failed`
      print(flags.json, { passed, failed: failures.length, failures }, () => total)
      if (failures.length > 0) process.exitCode = 1
    })
