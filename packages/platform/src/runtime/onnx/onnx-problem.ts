/** What speaks against giving a file to the runtime, and the way out. */
export interface OnnxProblem {
  readonly message: string
  readonly hint: string
}
