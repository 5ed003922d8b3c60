/** What the explaining thread is asked; each is answered under its id. */
export type ExplainTask =
  /** Reads a model's trees and keeps them under a number. */
  | {
      readonly kind: 'read'
      readonly id: number
      readonly model: number
      readonly source: string | Uint8Array
    }
  | { readonly kind: 'forget'; readonly id: number; readonly model: number }
  | ({ readonly kind: 'explain'; readonly id: number; readonly model: number } & TreeQuestion)

/** Features as the trees see them, row by row. */
export interface TreeQuestion {
  readonly width: number
  readonly rows: Float64Array
  readonly background: Float64Array
  /** The player of each feature of the trees. */
  readonly players: Int32Array
  readonly playerCount: number
  readonly budgetMs: number
}

export interface ReadTrees {
  /** Name of the value that holds the features of the trees. */
  readonly input: string
  readonly scores: number
  /** The model with that value as one more output. */
  readonly exposed: Uint8Array
}

export interface TreeValues {
  readonly scores: number
  /** Rows by scores by players. */
  readonly values: Float64Array
  /** Background rows that were used: in order, as many as the budget allowed. */
  readonly backgroundRows: number
  /** Rows, then background rows, by scores. */
  readonly rowScores: Float64Array
  readonly backgroundScores: Float64Array
}

export type ExplainAnswer = { readonly id: number } & (
  | { readonly read: ReadTrees | undefined }
  | { readonly values: TreeValues }
  | { readonly done: true }
  | { readonly failure: string }
)
