/** Rows of CSV (RFC 4180). @throws Error for a quote that is not closed */
export function readCsv(text) {
  const rows = []
  let row = []
  let at = 0
  while (at < text.length) {
    let field = ''
    if (text[at] === '"') {
      const end = /^"((?:[^"]|"")*)"/.exec(text.slice(at))
      if (end === null) throw new Error('a quoted field is not closed')
      field = end[1].replaceAll('""', '"')
      at += end[0].length
      if (at < text.length && !',\r\n'.includes(text[at]))
        throw new Error('text after a quoted field')
    } else {
      const start = at
      while (at < text.length && !',\r\n'.includes(text[at])) at++
      field = text.slice(start, at)
    }
    row.push(field)
    if (text[at] === ',') {
      at++
      if (at === text.length) row.push('')
      continue
    }
    at += text.startsWith('\r\n', at) ? 2 : 1
    rows.push(row)
    row = []
  }
  if (row.length > 0) rows.push(row)
  return rows
}

/** One line of CSV. */
export const csvLine = (values) =>
  values
    .map((value) => {
      const text = String(value)
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
    })
    .join(',')
