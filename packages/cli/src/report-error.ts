import { isKaizenError } from '@kaizen/contracts'

/** Tells a failure on standard error: what and where, then what to do next; as JSON where that was asked for. */
export function reportError(failure: unknown, asJson: boolean): void {
  if (!isKaizenError(failure)) {
    const text = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
    process.stderr.write(
      asJson
        ? `${JSON.stringify({ error: { code: 'INTERNAL', message: text } })}\n`
        : `kaizen: unexpected failure: ${text}\n`,
    )
    return
  }
  const { code, message, hint, details } = failure
  if (asJson) {
    process.stderr.write(`${JSON.stringify({ error: { code, message, hint, details } })}\n`)
    return
  }
  process.stderr.write(`kaizen: ${message}\n`)
  if (hint !== undefined) process.stderr.write(`        ${hint}\n`)
}
