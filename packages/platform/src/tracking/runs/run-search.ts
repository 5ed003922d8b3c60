import { type Lifecycle, lifecycles } from '../model.ts'
import { invalidValue } from '../rules.ts'
import {
  numeric,
  type SearchGrammar,
  textual,
  textualOrListed,
  textualOrNull,
} from '../search/filter.ts'

export type RunEntity = 'attribute' | 'metric' | 'param' | 'tag' | 'dataset'

const textKeys = {
  run_id: 'run_id',
  run_name: 'run_name',
  'run name': 'run_name',
  'Run name': 'run_name',
  'Run Name': 'run_name',
  experiment_id: 'experiment_id',
  status: 'status',
  artifact_uri: 'artifact_uri',
  user_id: 'user_id',
} as const
const timeKeys = {
  start_time: 'start_time',
  created: 'start_time',
  Created: 'start_time',
  end_time: 'end_time',
} as const
const numericAttributes = new Set<string>(Object.values(timeKeys))

/** What a search of runs understands. */
export const runGrammar: SearchGrammar<RunEntity> = [
  {
    entity: 'attribute',
    spellings: ['attribute', 'attributes', 'attr', 'run'],
    keys: { ...textKeys, ...timeKeys },
    rule: (key) => {
      if (numericAttributes.has(key)) return numeric
      return key === 'run_id' ? textualOrListed : textual
    },
  },
  { entity: 'metric', spellings: ['metric', 'metrics'], rule: () => numeric },
  {
    entity: 'param',
    spellings: ['param', 'params', 'parameter', 'parameters'],
    rule: () => textualOrNull,
  },
  { entity: 'tag', spellings: ['tag', 'tags'], rule: () => textualOrNull },
  {
    entity: 'dataset',
    spellings: ['dataset', 'datasets'],
    keys: { name: 'name', digest: 'digest', context: 'context' },
    rule: () => textualOrListed,
  },
]

/** What runs can be sorted by. */
export const runOrderGrammar = runGrammar.filter(({ entity }) => entity !== 'dataset')

export type ExperimentEntity = 'attribute' | 'tag'

/** What a search of experiments understands. */
export const experimentGrammar: SearchGrammar<ExperimentEntity> = [
  {
    entity: 'attribute',
    spellings: ['attribute', 'attributes', 'attr'],
    keys: {
      name: 'name',
      experiment_id: 'number',
      creation_time: 'created_at',
      last_update_time: 'updated_at',
    },
    rule: (key) => (key === 'name' ? textual : numeric),
  },
  { entity: 'tag', spellings: ['tag', 'tags'], rule: () => textualOrNull },
]

/** What experiments can be sorted by. */
export const experimentOrderGrammar = experimentGrammar.filter(({ entity }) => entity !== 'tag')

/** The lifecycles that a view shows. @throws INVALID_REQUEST */
export function lifecyclesOf(view: string | undefined): readonly Lifecycle[] {
  switch (view || 'ACTIVE_ONLY') {
    case 'ACTIVE_ONLY':
      return ['active']
    case 'DELETED_ONLY':
      return ['deleted']
    case 'ALL':
      return lifecycles
    default:
      throw invalidValue('view_type', view, 'expected ACTIVE_ONLY, DELETED_ONLY or ALL.')
  }
}

/** @throws INVALID_REQUEST */
export function checkPageSize(size: number, largest: number): number {
  if (size >= 1 && size <= largest) return size
  throw invalidValue('max_results', size, `it must be between 1 and ${largest}.`)
}
