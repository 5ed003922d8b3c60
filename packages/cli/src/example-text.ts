/** The examples that close a command's help. */
export const exampleText = (...examples: readonly [string, ...string[]]): string =>
  `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${examples.map((line) => `  ${line}\n`).join('')}`
