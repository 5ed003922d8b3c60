import type { BatchFormat, BatchState, ModelSignature, NewBatchJob } from '@kaizen/contracts'

export interface StoredFile {
  readonly digest: string
  readonly sizeBytes: number
  readonly rowCount: number
}

/** A batch job as it is stored: everything that decides its output is pinned when it is asked for. */
export interface BatchRecord {
  readonly id: string
  readonly state: BatchState
  readonly model: string
  readonly modelName: string
  readonly modelVersion: number
  readonly modelDigest: string
  readonly input: NewBatchJob['input']
  /** The Parquet files that hold the rows, in order. */
  readonly files: readonly string[]
  readonly columns: readonly string[] | undefined
  readonly keep: readonly string[] | undefined
  readonly format: BatchFormat
  readonly dataset: string | null
  readonly datasetVersion: number | null
  readonly rowsPerSecond: number | null
  readonly rows: number
  readonly scored: number
  readonly failed: number
  readonly output: StoredFile | null
  readonly errors: StoredFile | null
  readonly error: string | null
  readonly createdAt: number
  readonly createdBy: string
  readonly endedAt: number | null
}

/** Answers of neighbouring rows as a Parquet blob; pieces are stored in order, so what is done is always a beginning. */
export interface BatchPiece {
  readonly seq: number
  readonly digest: string
  readonly rows: number
  readonly failed: number
  /** What its columns hold; none where no row has an answer. */
  readonly columns: readonly AnswerColumn[]
}

/** A column of the output that holds one place of a model's answer. */
export interface AnswerColumn {
  readonly output: string
  /** Place in the answer of a row, and how many there are. */
  readonly place: number
  readonly width: number
  readonly datatype: string
}

export type ModelInput = ModelSignature['inputs'][number]
