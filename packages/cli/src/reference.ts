import type { Argument, Command, Option } from 'commander'

/** Options that every command of a server takes; the page tells them once. */
const everywhere = new Set(['--server', '--token', '--json'])

/** The page `docs/reference/cli.md`: every command with its arguments, options and examples, as the help tells them. */
export function renderReference(commands: readonly Command[]): string {
  const parts = commands.flatMap((command) => section(command, 'kaizen', 2))
  return `${[head, ...parts].join('\n\n')}\n`
}

const head = `# Commands

Written by \`./kaizen dev reference\` from the commands themselves; a test holds the two together.

Every command takes \`--json\` to print JSON and nothing else on standard output. Commands that talk to a server take
\`--server <url>\` (or \`KAIZEN_SERVER\`; \`http://127.0.0.1:7420\` unless told) and \`--token <secret>\` (better:
\`KAIZEN_TOKEN\`). The exit code is 0, or the one of the kind of error: [errors](errors.md).`

function section(command: Command, path: string, level: number): readonly string[] {
  const name = `${path} ${command.name()}`
  const title = `${'#'.repeat(level)} ${name}`
  const children = command.commands.flatMap((child) => section(child, name, level + 1))
  if (children.length > 0) return [title, prose(command.description()), ...children]
  return [
    title,
    prose(command.description()),
    ['```', `${name} ${usageOf(command)}`.trim(), '```'].join('\n'),
    ...table(command),
    ...examples(command),
  ]
}

const usageOf = (command: Command): string =>
  [
    ...command.registeredArguments.map(argumentText),
    ...ownOptions(command)
      .filter((option) => option.mandatory)
      .map((option) => option.flags),
    ...(ownOptions(command).some((option) => !option.mandatory) ? ['[options]'] : []),
  ].join(' ')

const argumentText = (argument: Argument): string => {
  const name = argument.variadic ? `${argument.name()}...` : argument.name()
  return argument.required ? `<${name}>` : `[${name}]`
}

const ownOptions = (command: Command): readonly Option[] =>
  command.options.filter((option) => !option.hidden && !everywhere.has(option.long ?? ''))

function table(command: Command): readonly string[] {
  const rows = [
    ...command.registeredArguments.map((argument) => [
      argumentText(argument),
      argument.description,
    ]),
    ...ownOptions(command).map((option) => [option.flags, optionText(option)]),
  ]
  if (rows.length === 0) return []
  const lines = rows.map(
    ([name, text]) => `| \`${cell(name ?? '')}\` | ${prose(cell(text ?? ''))} |`,
  )
  return [['| | |', '|---|---|', ...lines].join('\n')]
}

function optionText(option: Option): string {
  const preset = presetOf(option)
  return [
    option.description,
    ...(option.argChoices?.length ? [`one of ${option.argChoices.map(code).join(', ')}`] : []),
    ...(preset === undefined ? [] : [`${code(preset)} unless told`]),
  ].join('; ')
}

const code = (text: string): string => `\`${text}\``

function presetOf(option: Option): string | undefined {
  if (option.defaultValueDescription !== undefined) return option.defaultValueDescription
  const value: unknown = option.defaultValue
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
    ? String(value)
    : undefined
}

/** The examples at the end of a command's help. */
function examples(command: Command): readonly string[] {
  let help = ''
  const output = command.configureOutput()
  command.configureOutput({ writeOut: (text) => (help += text) })
  command.outputHelp()
  command.configureOutput(output)
  const text = /\nExamples?:\n([\s\S]*)$/.exec(help)?.[1]
  if (text === undefined) return []
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^ {2}/, ''))
  return [['```sh', ...lines, '```'].join('\n')]
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')

/** Angle brackets would be read as HTML. */
const prose = (text: string): string => text.replaceAll('<', '&lt;')
