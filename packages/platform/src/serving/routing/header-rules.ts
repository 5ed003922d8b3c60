import type { HeaderRule } from '@kaizen/contracts'

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The arm that the first rule met names; undefined where none is. */
export function armByRules(rules: readonly HeaderRule[], headers: Headers): string | undefined {
  return rules.find((rule) => meets(rule, headers))?.arm
}

function meets({ header, cookie, equals, prefix }: HeaderRule, headers: Headers): boolean {
  const value =
    header === undefined ? cookieOf(headers, cookie ?? '') : textOf(headers[header.toLowerCase()])
  if (value === undefined) return false
  if (equals) return equals.includes(value)
  return prefix === undefined || value.startsWith(prefix)
}

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'object' ? value.join(', ') : value

/** The first cookie of a name (RFC 6265, section 4.2). */
function cookieOf(headers: Headers, name: string): string | undefined {
  const all = textOf(headers['cookie'])
  if (all === undefined) return undefined
  for (const pair of all.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}
