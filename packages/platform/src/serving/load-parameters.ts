import { KaizenError } from '@kaizen/contracts'

/** The repository is read-only: what a caller brings along would not be what the folder holds. @throws UNSUPPORTED */
export function checkLoadParameters(names: readonly string[]): void {
  const foreign = names.find((name) => name === 'config' || name.startsWith('file:'))
  if (foreign === undefined) return
  throw new KaizenError(
    'UNSUPPORTED',
    `the parameter "${foreign.slice(0, 100)}" is not supported`,
    {
      hint: 'Put the files into the folder of the model, then load it without parameters.',
    },
  )
}
