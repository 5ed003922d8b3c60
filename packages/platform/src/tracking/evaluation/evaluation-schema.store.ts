import { type Kysely, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'

const words = {
  sqlite: { key: 'text', integer: 'integer', clustered: 'without rowid' },
  postgres: { key: 'text collate "C"', integer: 'bigint', clustered: '' },
} as const

const statements = ({ key, integer, clustered }: (typeof words)[Dialect]): readonly string[] => [
  `create table evaluation_dataset (id ${key} primary key, name ${key} not null, digest ${key} not null,
    schema ${key} not null, created_at ${integer} not null, updated_at ${integer} not null,
    created_by ${key} not null, updated_by ${key} not null)`,
  'create index evaluation_dataset_by_creation on evaluation_dataset (created_at desc, id)',
  `create table evaluation_dataset_tag (dataset_id ${key} not null, key ${key} not null,
    value ${key} not null, primary key (dataset_id, key)) ${clustered}`,
  `create table evaluation_dataset_experiment (dataset_id ${key} not null,
    experiment_number ${integer} not null, primary key (dataset_id, experiment_number)) ${clustered}`,
  `create index evaluation_dataset_of_experiment
    on evaluation_dataset_experiment (experiment_number, dataset_id)`,
  `create table evaluation_record (dataset_id ${key} not null, id ${key} not null,
    inputs_digest ${key} not null, inputs ${key} not null, outputs ${key}, expectations ${key},
    tags ${key} not null, source ${key}, source_id ${key}, source_type ${key},
    created_at ${integer} not null, updated_at ${integer} not null,
    created_by ${key} not null, updated_by ${key} not null,
    primary key (dataset_id, id), unique (dataset_id, inputs_digest))`,
  `create index evaluation_record_by_creation on evaluation_record (dataset_id, created_at, id)`,
  `create table scorer_version (experiment_number ${integer} not null, name ${key} not null,
    version ${integer} not null, scorer_id ${key} not null, serialized ${key} not null,
    created_at ${integer} not null, primary key (experiment_number, name, version))`,
]

/** Evaluation data sets with their records, and scorers. */
export async function createEvaluation(
  db: Kysely<unknown>,
  _types: unknown,
  dialect: Dialect,
): Promise<void> {
  for (const statement of statements(words[dialect])) await sql.raw(statement).execute(db)
}

/** Rows of these tables as the drivers answer them. */
export interface EvaluationTables {
  evaluation_dataset: {
    id: string
    name: string
    digest: string
    schema: string
    created_at: number
    updated_at: number
    created_by: string
    updated_by: string
    workspace: string
  }
  evaluation_dataset_tag: { dataset_id: string; key: string; value: string }
  evaluation_dataset_experiment: { dataset_id: string; experiment_number: number }
  /** A record is known by the digest of what goes in; values are JSON. */
  evaluation_record: {
    dataset_id: string
    id: string
    inputs_digest: string
    inputs: string
    outputs: string | null
    expectations: string | null
    tags: string
    source: string | null
    source_id: string | null
    source_type: string | null
    created_at: number
    updated_at: number
    created_by: string
    updated_by: string
  }
  scorer_version: {
    experiment_number: number
    name: string
    version: number
    scorer_id: string
    serialized: string
    created_at: number
  }
}
