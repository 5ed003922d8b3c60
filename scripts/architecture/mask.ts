/**
 * Blanks out what is not code, so that simple patterns can be trusted.
 *
 * TypeScript 7 has no API to parse with, and lexers of JavaScript erase type imports, which matter
 * to the architecture as much as the others. This one knows comments, strings, templates and
 * regular expressions; JSX text is read as code, which is harmless line by line.
 */
export interface Masked {
  /** As long as the source: comments and contents of literals are blanks, quotes and lines stay. */
  readonly code: string
  readonly comments: readonly Comment[]
}

export interface Comment {
  readonly text: string
  readonly line: number
}

/** Words after which a slash starts a regular expression, not a division. */
const beforeRegExp =
  /(?:^|[^\w$.])(?:return|typeof|case|do|else|in|of|void|delete|throw|new|await|yield)$/

export function mask(source: string): Masked {
  const out = source.split('')
  const comments: Comment[] = []
  /** For each template that is open: how many braces are open inside its substitution. */
  const templates: number[] = []
  let at = 0
  let code = '' // the last bit of code before `at`, to tell a regular expression from a division

  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' '
  }
  const skipTo = (end: number): void => {
    blank(at, end)
    at = end
  }
  const templateText = (): void => {
    const end = endOfTemplateText(source, at)
    skipTo(end)
    if (source[at] === '`') at++
    else if (at < source.length) {
      templates.push(0)
      at += 2
    }
    code = source[at - 1] === '`' ? '`' : '{'
  }

  while (at < source.length) {
    const char = source[at] as string
    if (char === '/' && (source[at + 1] === '/' || source[at + 1] === '*')) {
      const end = endOfComment(source, at)
      comments.push({ text: source.slice(at, end), line: lineAt(source, at) })
      skipTo(end)
    } else if (char === '"' || char === "'") {
      const end = endOfLiteral(source, at + 1, char)
      blank(at + 1, end)
      at = end + (source[end] === char ? 1 : 0)
      code = char
    } else if (char === '`') {
      at++
      templateText()
    } else if (char === '/' && startsRegExp(code)) {
      at++
      skipTo(endOfRegExp(source, at))
      at++
      code = '/'
    } else if (char === '}' && templates.at(-1) === 0) {
      templates.pop()
      at++
      templateText()
    } else {
      const open = templates.length - 1
      if (open >= 0 && char === '{') templates[open] = (templates[open] ?? 0) + 1
      if (open >= 0 && char === '}') templates[open] = (templates[open] ?? 0) - 1
      if (char.trim() !== '') code = `${code}${char}`.slice(-12)
      else if (/[\w$]$/.test(code)) code += ' '
      at++
    }
  }
  return { code: out.join(''), comments }
}

export function lineAt(source: string, offset: number): number {
  let line = 1
  for (let i = source.indexOf('\n'); i >= 0 && i < offset; i = source.indexOf('\n', i + 1)) line++
  return line
}

function endOfComment(source: string, at: number): number {
  const close = source[at + 1] === '*' ? source.indexOf('*/', at + 2) + 2 : source.indexOf('\n', at)
  return close < at + 2 ? source.length : close
}

/** Where a quoted literal closes; an unclosed one ends with its line. */
function endOfLiteral(source: string, from: number, quote: string): number {
  let at = from
  while (at < source.length && source[at] !== quote && source[at] !== '\n') {
    at += source[at] === '\\' ? 2 : 1
  }
  return Math.min(at, source.length)
}

function endOfTemplateText(source: string, from: number): number {
  let at = from
  while (at < source.length && source[at] !== '`' && !source.startsWith('${', at)) {
    at += source[at] === '\\' ? 2 : 1
  }
  return Math.min(at, source.length)
}

function endOfRegExp(source: string, from: number): number {
  let inClass = false
  let at = from
  while (at < source.length && source[at] !== '\n') {
    const char = source[at]
    if (char === '/' && !inClass) break
    if (char === '[') inClass = true
    if (char === ']') inClass = false
    at += char === '\\' ? 2 : 1
  }
  return Math.min(at, source.length)
}

/** A value before the slash makes it a division. */
function startsRegExp(code: string): boolean {
  const before = code.trimEnd()
  return before === '' || !/[\w$)\]}"'`]$/.test(before) || beforeRegExp.test(before)
}
