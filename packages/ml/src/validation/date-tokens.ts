/** How a piece of a date text is being read: letters, digits, or either with points between. */
type State = 'letters' | 'digits' | 'letters.' | 'digits.'

const isLetter = (c: string) => /\p{L}/u.test(c)
const isDigit = (c: string) => /\p{Nd}/u.test(c)

/** Whether a character goes on with a piece, and how the piece is read from there on. */
const next = (state: State, token: string, c: string): State | null => {
  switch (state) {
    case 'letters':
      return isLetter(c) ? state : c === '.' ? 'letters.' : null
    case 'digits':
      if (isDigit(c)) return state
      return c === '.' || (c === ',' && token.length >= 2) ? 'digits.' : null
    case 'letters.':
      if (c === '.' || isLetter(c)) return state
      return isDigit(c) && token.endsWith('.') ? 'digits.' : null
    case 'digits.':
      if (c === '.' || isDigit(c)) return state
      return isLetter(c) && token.endsWith('.') ? 'letters.' : null
  }
}

/** A piece with several points, or letters beside them, falls into its parts and the points. */
const parts = (token: string, state: State, hasLetters: boolean): string[] => {
  const isPointed = state === 'letters.' || state === 'digits.'
  const points = token.split('.').length - 1
  if (isPointed && (hasLetters || points > 1 || /[.,]$/u.test(token))) {
    return token.split(/([.,])/u).filter((part) => part !== '')
  }
  return [state === 'digits.' && points === 0 ? token.replace(',', '.') : token]
}

/** Cuts a date text into runs of letters, numbers, and single other characters. */
export const dateTokens = (text: string): string[] => {
  const characters = Array.from(text.replaceAll('\0', ''))
  const tokens: string[] = []
  for (let i = 0; i < characters.length; ) {
    const first = characters[i++]!
    let state: State | null = isLetter(first) ? 'letters' : isDigit(first) ? 'digits' : null
    if (!state) {
      tokens.push(/\s/u.test(first) ? ' ' : first)
      continue
    }
    let token = first
    let hasLetters = state === 'letters'
    for (; i < characters.length; i++) {
      const c = characters[i]!
      const following: State | null = next(state, token, c)
      if (!following) break
      hasLetters ||= following.startsWith('letters')
      state = following
      token += c
    }
    tokens.push(...parts(token, state, hasLetters))
  }
  return tokens
}
