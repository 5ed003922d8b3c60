import { KaizenError } from '@kaizen/contracts'
import type { AnswerHead } from './frames.ts'

/** What callers are told of a model that does not load. */
export const unloadable = (noun: string, message: string): KaizenError =>
  new KaizenError('INVALID_MODEL', `${noun} does not load in its process: ${message}`, {
    hint: 'What it printed is in the log of the server.',
  })

/** ... and of one that did not answer, by what its process says. */
export function failureOf({ failure, message }: AnswerHead, noun: string): KaizenError {
  if (failure === 'model') {
    return new KaizenError('INVALID_TENSOR', `${noun} refused the inputs: ${message}`, {
      hint: 'The traceback is in the log of the server.',
    })
  }
  return new KaizenError(
    'UNAVAILABLE',
    `${noun} answered what its signature does not allow: ${message}`,
    { hint: 'Log the model again with the signature of what it answers.' },
  )
}
