import { MlError } from '../ml-error.ts'

/** Rows of a chunk, half-open. */
export type Chunk = readonly [from: number, to: number]

/** What becomes of rows that do not fill the last chunk. */
export type IncompleteChunk = 'keep' | 'drop' | 'append'

/**
 * Cuts rows into chunks of a size, or into a number of them (then of floor(rows / number)).
 * @throws MlError when the size or number is no whole number of at least 1, there are fewer rows than chunks, or
 * rows that fill no chunk are to be appended to one.
 */
export const chunksOf = (
  rows: number,
  by: { readonly size: number } | { readonly number: number },
  incomplete: IncompleteChunk = 'keep',
): Chunk[] => {
  const given = 'size' in by ? by.size : by.number
  if (!Number.isSafeInteger(given) || given < 1) {
    throw new MlError('invalid_option', `chunks by ${given}`, 'give a whole number of at least 1')
  }
  if ('number' in by && by.number > rows) {
    throw new MlError(
      'invalid_option',
      `${rows} rows do not make ${by.number} chunks`,
      'ask for no more chunks than there are rows',
    )
  }
  const size = 'size' in by ? by.size : Math.floor(rows / by.number)
  const whole = Math.floor(rows / size)
  const chunks = Array.from({ length: whole }, (_, i): Chunk => [i * size, (i + 1) * size])
  if (whole * size === rows || incomplete === 'drop') return chunks
  const last = chunks.at(-1)
  if (incomplete === 'append') {
    if (last) return [...chunks.slice(0, -1), [last[0], rows]]
    throw new MlError(
      'invalid_option',
      `${rows} rows do not fill a chunk of ${size}, so there is none to which they could be added`,
      "make the chunks smaller, or keep the incomplete one with 'keep'",
    )
  }
  return [...chunks, [whole * size, rows]]
}
