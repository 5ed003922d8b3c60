import type { Command } from 'commander'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { commands, run } from './program.ts'

let told = ''
beforeEach(() => {
  told = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text)
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

const kaizen = (...args: readonly string[]): Promise<number> => run(['node', 'kaizen', ...args])

it.each([
  [['frobnicate'], /^kaizen: unknown command 'frobnicate'\n {8}See: kaizen --help\n$/],
  [['serve'], /^kaizen: unknown command 'serve' \(Did you mean server\?\)\n/],
  [
    ['data', 'add'],
    /^kaizen: missing required argument 'name'\n {8}See: kaizen data add --help\n$/,
  ],
  [['export', 'model.onnx'], /required option '--to <target>' not specified/],
  [
    ['export', 'mlflow'],
    /required option '--to <url>' not specified\n.*kaizen export mlflow --help/,
  ],
  [['export', 'mlflow', '--to', 'nowhere'], /nowhere/],
  [['data', 'list', '--wat'], /unknown option '--wat'\n {8}See: kaizen data list --help\n$/],
  [
    ['server', '--port', 'abc'],
    /'abc' is invalid\. expected a whole number from 0 to 65535\n.*kaizen server --help/,
  ],
  [
    ['audit', 'list', '--limit', ''],
    /'' is invalid\. expected a whole number of 1 or more\n.*kaizen audit list --help/,
  ],
  [['data', 'list', '--server', 'nowhere'], /--server: "nowhere" is not the address of a server\n/],
  [['data', 'list', '--server', 'ftp://a'], /"ftp:\/\/a" is not the address of a server\n/],
])('%j is wrong usage: what, and where the help is', async (args, message) => {
  expect(await kaizen(...args)).toBe(2)
  expect(told).toMatch(message)
})

it('tells wrong usage as JSON where that is asked for', async () => {
  expect(await kaizen('data', 'show', '--json')).toBe(2)
  expect(JSON.parse(told)).toEqual({
    error: {
      code: 'INVALID_CONFIG',
      message: "missing required argument 'name'",
      hint: 'See: kaizen data show --help',
    },
  })
})

it('names each command as the command names itself', async () => {
  for (const [name, load] of commands) expect((await load()).name()).toBe(name)
})

it('gives every command help with an example and --json', async () => {
  const leaves = (command: Command, path: string): readonly (readonly [string, Command])[] =>
    command.commands.length === 0
      ? [[path, command]]
      : command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`))
  const all = await Promise.all(
    [...commands].map(async ([name, load]) => leaves(await load(), name)),
  )
  const lacking = all.flat().filter(([, command]) => {
    let help = ''
    command.configureOutput({
      writeOut: (text) => {
        help += text
      },
    })
    command.outputHelp()
    return !(/\nExamples?:\n {2}.*kaizen /.test(help) && help.includes('--json'))
  })
  expect(lacking.map(([path]) => path)).toEqual([])
  expect(all.flat().length).toBeGreaterThan(90)
})
