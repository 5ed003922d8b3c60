import { MlError } from '../ml-error.ts'

/** An arithmetic expression over x0, x1, ... as the schema writes functions. */
export type Expression = (row: ArrayLike<number>) => number

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|x(\d+)|([a-z]+)|(\*\*|[-+*/(),]))/iy

/** Functions that an expression may call. */
const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  min: Math.min,
  max: Math.max,
}

/** Parses sums, products, powers, parentheses and calls of a few functions. */
export const parseExpression = (text: string): Expression => {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text)
    if (!match) throw unreadable(text)
    tokens.push(match[0].trim())
  }
  let next = 0
  const take = (...wanted: string[]): string | null =>
    wanted.includes(tokens[next] ?? '') ? tokens[next++]! : null
  const sum = (): Expression => {
    let left = product()
    for (let sign = take('+', '-'); sign; sign = take('+', '-')) {
      const [a, b, isPlus] = [left, product(), sign === '+']
      left = (row) => (isPlus ? a(row) + b(row) : a(row) - b(row))
    }
    return left
  }
  const product = (): Expression => {
    let left = power()
    for (let sign = take('*', '/'); sign; sign = take('*', '/')) {
      const [a, b, isTimes] = [left, power(), sign === '*']
      left = (row) => (isTimes ? a(row) * b(row) : a(row) / b(row))
    }
    return left
  }
  const power = (): Expression => {
    if (take('-')) {
      const inner = power()
      return (row) => -inner(row)
    }
    const base = atom()
    if (!take('**')) return base
    const exponent = power()
    return (row) => base(row) ** exponent(row)
  }
  const atom = (): Expression => {
    if (take('(')) {
      const inner = sum()
      if (!take(')')) throw unreadable(text)
      return inner
    }
    const token = tokens[next++]
    if (token !== undefined && Object.hasOwn(FUNCTIONS, token)) return call(FUNCTIONS[token]!)
    if (token?.startsWith('x')) {
      const index = Number(token.slice(1))
      return (row) => row[index]!
    }
    const value = Number(token)
    if (token === undefined || Number.isNaN(value)) throw unreadable(text)
    return () => value
  }
  const call = (of: (...values: number[]) => number): Expression => {
    if (!take('(')) throw unreadable(text)
    const given = [sum()]
    while (take(',')) given.push(sum())
    if (!take(')')) throw unreadable(text)
    return (row) => of(...given.map((value) => value(row)))
  }
  const expression = sum()
  if (next < tokens.length) throw unreadable(text)
  return expression
}

const unreadable = (text: string) =>
  new MlError(
    'invalid_input',
    `'${text}' is no expression`,
    `use numbers, x0, x1, ..., + - * / **, parentheses and ${Object.keys(FUNCTIONS).join(', ')}`,
  )
