import {
  type EntityGrammar,
  numeric,
  type SearchGrammar,
  textualOrListed,
} from '../search/filter.ts'

export type LoggedModelEntity = 'attribute' | 'metric' | 'param' | 'tag'

const attributeGrammar: EntityGrammar<LoggedModelEntity> = {
  entity: 'attribute',
  spellings: ['attributes', 'attribute'],
  keys: {
    name: 'name',
    model_id: 'id',
    model_type: 'model_type',
    status: 'status',
    source_run_id: 'source_run_id',
    creation_timestamp: 'created_at',
    creation_time: 'created_at',
    last_updated_timestamp: 'updated_at',
    last_updated_time: 'updated_at',
  },
  rule: (key) => (key === 'created_at' || key === 'updated_at' ? numeric : textualOrListed),
}

/** What a search of logged models understands. */
export const loggedModelGrammar: SearchGrammar<LoggedModelEntity> = [
  attributeGrammar,
  { entity: 'metric', spellings: ['metrics', 'metric'], rule: () => numeric },
  { entity: 'param', spellings: ['params', 'param'], rule: () => textualOrListed },
  { entity: 'tag', spellings: ['tags', 'tag'], rule: () => textualOrListed },
]

/** What logged models can be sorted by: attributes and metrics. */
export const loggedModelOrderGrammar = loggedModelGrammar.slice(0, 2)

/** The data set on which a metric must have been measured. */
export interface DatasetScope {
  readonly name: string
  readonly digest?: string | undefined
}
