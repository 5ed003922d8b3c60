import { MlError } from '../ml-error.ts'

/** Forms of Python's expressions and what they are here. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/\(\?P</gu, '(?<'],
  [/\(\?P=(\w+)\)/gu, '\\k<$1>'],
  [/\\A/gu, '^'],
  [/\\Z/gu, '$'],
]

/**
 * A regular expression in Python's notation: named groups, flags at its beginning, ends of the text.
 * @throws MlError when it is none.
 */
export const regexOf = (source: unknown): RegExp => {
  const text = String(source)
  const flags = /^\(\?([aimsu]+)\)/u.exec(text)
  const rest = flags ? text.slice(flags[0].length) : text
  const pattern = FORMS.reduce((all, [form, replacement]) => all.replace(form, replacement), rest)
  const kept = (flags?.[1] ?? '').replace(/[au]/gu, '')
  try {
    return compiled(pattern, [...new Set(kept)].join(''))
  } catch (error) {
    throw new MlError(
      'invalid_option',
      `'${text.slice(0, 80)}' is no regular expression`,
      error instanceof Error ? error.message : 'correct the expression',
    )
  }
}

/** By code points; an escape of a character that needs none is refused there, so then by code units. */
const compiled = (pattern: string, flags: string): RegExp => {
  try {
    return new RegExp(pattern, `${flags}u`)
  } catch {
    return new RegExp(pattern, flags)
  }
}
