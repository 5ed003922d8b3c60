import {
  comparisonOperators,
  type KeyRule,
  numeric,
  type SearchGrammar,
  textual,
  textualOrListed,
  textualOrNull,
} from '../search/filter.ts'

export type TraceEntity =
  | 'attribute'
  | 'tag'
  | 'metadata'
  | 'span'
  | 'feedback'
  | 'expectation'
  | 'issue'

const numericKeys = {
  timestamp: 'timestamp_ms',
  timestamp_ms: 'timestamp_ms',
  execution_time: 'execution_ms',
  execution_time_ms: 'execution_ms',
  end_time: 'end_ms',
  end_time_ms: 'end_ms',
} as const
const textKeys = {
  request_id: 'id',
  trace_id: 'id',
  client_request_id: 'client_request_id',
  status: 'state',
  state: 'state',
  name: 'name',
  run_id: 'run_id',
} as const
const numbers = new Set<string>(Object.values(numericKeys))

/** Texts of traces can be held against a regular expression too. */
const patterned = (rule: KeyRule): KeyRule => ({ ...rule, operators: [...rule.operators, 'RLIKE'] })

const content: KeyRule = { type: 'text', operators: ['LIKE', 'ILIKE'] }
const equal: KeyRule = { type: 'text', operators: ['='] }
const assessed: KeyRule = {
  type: 'text',
  orNumber: true,
  onlyNumbers: ['<', '<=', '>', '>='],
  operators: [...new Set([...comparisonOperators, ...textualOrNull.operators, 'RLIKE' as const])],
}

/** Names and runs are kept as tags and metadata, which may be missing. */
const textualOrAny: KeyRule = {
  type: 'text',
  operators: [...textualOrListed.operators, 'IS NULL', 'IS NOT NULL'],
}

const attributeRule = (key: string): KeyRule => {
  if (numbers.has(key)) return numeric
  if (key === 'text') return content
  if (key === 'prompt') return equal
  return key === 'name' || key === 'run_id' ? patterned(textualOrAny) : patterned(textualOrListed)
}

/** What a search of traces understands. */
export const traceGrammar: SearchGrammar<TraceEntity> = [
  {
    entity: 'attribute',
    spellings: ['attribute', 'attributes', 'trace'],
    keys: { ...numericKeys, ...textKeys, prompt: 'prompt', text: 'text' },
    rule: attributeRule,
  },
  { entity: 'tag', spellings: ['tag', 'tags'], rule: () => patterned(textualOrNull) },
  {
    entity: 'metadata',
    spellings: ['metadata', 'request_metadata'],
    rule: () => patterned(textualOrNull),
  },
  {
    entity: 'span',
    spellings: ['span', 'spans'],
    rule: (key) => (key === 'content' ? content : patterned(textualOrListed)),
  },
  { entity: 'feedback', spellings: ['feedback'], rule: () => assessed },
  { entity: 'expectation', spellings: ['expectation'], rule: () => assessed },
  { entity: 'issue', spellings: ['issue'], keys: { id: 'id' }, rule: () => equal },
]

/** What traces can be sorted by. */
export const traceOrderGrammar: SearchGrammar<TraceEntity> = [
  {
    entity: 'attribute',
    spellings: ['attribute', 'attributes', 'trace'],
    keys: { ...numericKeys, ...textKeys, experiment_id: 'experiment_id' },
    rule: (key) => (numbers.has(key) || key === 'experiment_id' ? numeric : textual),
  },
]
