import { MlError } from '../ml-error.ts'

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'sign'
  readonly value: string
  /** Quoted, so that it is no keyword. */
  readonly quoted: boolean
}

/** Signs of a condition at most: a longer one was made by a program that meant something else. */
const mostSigns = 10_000

const tokenPattern =
  /\s*(?:(?<number>-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|`(?<back>[^`]+)`|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<sign>==|!=|<>|<=|>=|&&|\|\||[<>=()[\],.&|~!]))/iuy

/** The words of a condition. @throws MlError invalid_option where one has no meaning */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > mostSigns)
    throw unreadableText(text, `it has ${text.length} signs, at most ${mostSigns} are read`)
  const tokens: Token[] = []
  const end = text.trimEnd().length
  tokenPattern.lastIndex = 0
  let at = 0
  while (at < end) {
    const match = tokenPattern.exec(text)
    if (!match?.groups)
      throw unreadableText(text, `"${text.slice(at, at + 20).trim()}" has no meaning`)
    tokens.push(tokenOf(match.groups))
    at = tokenPattern.lastIndex
  }
  return tokens
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token {
  const { number, double, single, back, name, sign } = groups
  if (number !== undefined) return { kind: 'number', value: number, quoted: false }
  if (back !== undefined) return { kind: 'name', value: back, quoted: true }
  if (name !== undefined) return { kind: 'name', value: name, quoted: false }
  if (sign !== undefined) return { kind: 'sign', value: sign, quoted: false }
  const value = (double ?? single ?? '').replaceAll(/\\(.)/gsu, '$1')
  return { kind: 'text', value, quoted: true }
}

export const unreadableText = (text: string, why: string): MlError =>
  new MlError(
    'invalid_option',
    `row_condition "${text.slice(0, 80)}": ${why}`,
    'Write for example: col("age") > 18 and col("country") == "DE", or: age IS NOT NULL.',
  )
