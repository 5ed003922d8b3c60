import {
  numeric,
  type SearchGrammar,
  textual,
  textualOrListed,
  textualOrNull,
} from '../tracking/index.ts'

export type RegistryEntity = 'attribute' | 'tag'

/** A model or version with this tag set to `true` is a prompt. */
export const promptTag = 'mlflow.prompt.is_prompt'

const tags = {
  entity: 'tag',
  spellings: ['tag', 'tags'],
  rule: () => textualOrNull,
} as const

const attributes = (keys: Readonly<Record<string, string>>, texts: readonly string[]) =>
  ({
    entity: 'attribute',
    spellings: ['attribute', 'attributes', 'attr'],
    keys,
    rule: (key: string) => {
      if (key === 'version') return { ...numeric, quotable: true }
      if (!texts.includes(key)) return numeric
      return key === 'source' ? textual : textualOrListed
    },
  }) as const

const times = {
  creation_timestamp: 'created_at',
  last_updated_timestamp: 'updated_at',
} as const

/** What a search of registered models understands. */
export const modelGrammar: SearchGrammar<RegistryEntity> = [
  attributes({ name: 'name', ...times }, ['name']),
  tags,
]
export const modelOrderGrammar: SearchGrammar<RegistryEntity> = [
  attributes({ name: 'name', timestamp: 'updated_at', ...times }, ['name']),
]

/** What a search of model versions understands. */
export const versionGrammar: SearchGrammar<RegistryEntity> = [
  attributes(
    {
      name: 'name',
      run_id: 'run_id',
      source_path: 'source',
      version_number: 'version',
      ...times,
    },
    ['name', 'run_id', 'source'],
  ),
  tags,
]
export const versionOrderGrammar: SearchGrammar<RegistryEntity> = [
  attributes({ name: 'name', version_number: 'version', ...times }, ['name']),
]
