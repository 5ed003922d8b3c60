/** What went wrong, coarsely: the platform maps it to its own catalogue. */
export type MlErrorCode = 'invalid_input' | 'invalid_option' | 'invalid_state' | 'unsupported'

/** The one error of this package: the message names the offending thing, the hint says what to do next. */
export class MlError extends Error {
  readonly code: MlErrorCode
  readonly hint: string

  constructor(code: MlErrorCode, message: string, hint: string) {
    super(message)
    this.name = 'MlError'
    this.code = code
    this.hint = hint
  }
}
