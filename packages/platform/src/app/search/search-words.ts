import type { Found, FoundKind } from '@kaizen/contracts'

/** What people call each kind. */
const namesOfKinds: Readonly<Record<FoundKind, readonly string[]>> = {
  experiment: ['experiment', 'experiments'],
  model: ['model', 'models'],
  'model-version': ['version', 'versions'],
  prompt: ['prompt', 'prompts'],
  dataset: ['dataset', 'datasets', 'data'],
  'feature-view': ['feature', 'features', 'view', 'views'],
  pipeline: ['pipeline', 'pipelines'],
  endpoint: ['endpoint', 'endpoints'],
  monitor: ['monitor', 'monitors'],
  'monitor-report': ['report', 'reports'],
  'evaluation-dataset': ['evaluation', 'dataset', 'datasets', 'data'],
  run: ['run', 'runs'],
  trace: ['trace', 'traces'],
  'pipeline-run': ['pipeline', 'run', 'runs'],
  candidate: ['candidate', 'candidates'],
}

/** The words of a text in lower case; addresses of models lose their scheme. No name holds control characters. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .replace(/^models:\/+/, '')
    .split(/[\s\p{Cc}]+/u)
    .filter(Boolean)

/** Words that the name of something of a kind must hold: `bike runs` asks for runs with `bike` in their name. */
export function wordsFor(kind: FoundKind, words: readonly string[]): readonly string[] {
  const left = words.filter((word) => !namesOfKinds[kind].includes(word))
  return left.length === 0 ? words : left
}

/** The text of `like` for what holds a word as it is; a backslash escapes. */
export const pattern = (word: string): string => word.replaceAll(/[\\%_]/g, '\\$&')

/** The beginning of a hexadecimal id that is long enough to ask for. */
export const idBeginning = (words: readonly string[]): string | undefined =>
  words.length === 1 && /^[0-9a-f]{6,32}$/.test(words[0] ?? '') ? words[0] : undefined

/** How well a name or id fits. */
export function matchOf(
  { id, name }: Pick<Found, 'id' | 'name'>,
  words: readonly string[],
): Found['match'] {
  const text = words.join(' ')
  const texts = [name.toLowerCase(), id.toLowerCase()]
  if (texts.includes(text)) return 'whole'
  return texts.some((one) => one.startsWith(words[0] ?? '')) ? 'start' : 'within'
}
