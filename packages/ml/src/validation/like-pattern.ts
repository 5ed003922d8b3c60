import { MlError } from '../ml-error.ts'

/**
 * A pattern of SQL's LIKE as a test of texts: `%` is any text, `_` any one character, all else itself, case included.
 * @throws MlError for a pattern that is no text
 */
export const likePattern = (pattern: unknown): ((text: string) => boolean) => {
  if (typeof pattern !== 'string') {
    throw new MlError('invalid_option', 'a LIKE pattern is no text', "write for example 'a%'")
  }
  const signs = [...pattern]
  return (text) => matches([...text], signs)
}

/** In time of both lengths multiplied, whatever the pattern: where it fails, only the last `%` takes one more. */
function matches(text: readonly string[], signs: readonly string[]): boolean {
  let at = 0
  let sign = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    if (sign < signs.length && signs[sign] === '%') {
      star = sign++
      resume = at
    } else if (sign < signs.length && (signs[sign] === '_' || signs[sign] === text[at])) {
      sign++
      at++
    } else if (star >= 0) {
      sign = star + 1
      at = ++resume
    } else return false
  }
  while (signs[sign] === '%') sign++
  return sign === signs.length
}

/** Patterns of a list. @throws MlError for what is no list of patterns */
export const likePatterns = (list: unknown): readonly ((text: string) => boolean)[] => {
  if (Array.isArray(list) && list.length > 0) return list.map(likePattern)
  throw new MlError('invalid_option', 'like_pattern_list is no list', 'give a list of patterns')
}
