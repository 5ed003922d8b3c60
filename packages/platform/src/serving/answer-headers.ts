import type { PredictionAnswer } from './endpoints/live-endpoint.ts'

/** Text that a header may hold as it is. */
const headerSafe = /^[\x21-\x7e]*$/

const headerText = (text: string): string =>
  headerSafe.test(text) ? text : encodeURIComponent(text)

/**
 * Which row of the log an answer is: `x-kaizen-inference-id` names the request, whose rows are `<id>` or, of several,
 * `<id>:0`, `<id>:1`, ... unless the caller named them. Other than printable ASCII is percent-encoded.
 */
export const answerHeaders = (answer: PredictionAnswer): Readonly<Record<string, string>> => ({
  'x-kaizen-inference-id': headerText(answer.id),
  'x-kaizen-arm': answer.arm,
  'x-kaizen-model': headerText(answer.model),
  'x-kaizen-model-version': String(answer.version),
})
