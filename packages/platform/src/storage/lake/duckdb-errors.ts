import { basename } from 'node:path'
import { KaizenError } from '@kaizen/contracts/errors'

/** Reasons of the CSV reader, by what its message holds; `$1` and so on are its numbers. */
const csvReasons: readonly (readonly [pattern: RegExp, reason: string, hint: string])[] = [
  [
    /Expected Number of Columns: (\d+) Found: (\d+)/,
    'it has $2 fields where the header has $1',
    'Give every line as many fields; a field that holds the delimiter stands in double quotes.',
  ],
  [
    /unterminated quote/i,
    'a quote is opened and not closed',
    'Close it, or double a quote inside one.',
  ],
  [/not utf-8/i, 'it is not UTF-8 text', 'Save the file as UTF-8.'],
  [
    /converting column "([^"]+)"\. Could not convert string "([^"]{0,100})[^"]*" to '(\w+)'/,
    '"$2" in the column "$1" is no $3',
    'Every line before holds one; correct this one, or all if the column is text.',
  ],
  [/line size/i, 'it is longer than the reader takes', 'Is this a CSV file, with line ends?'],
]

/** Reasons of the Parquet reader, by what its message holds. */
const parquetReasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /No magic bytes found|too small to be a Parquet file/i,
    'the file is not Parquet, or its end is missing',
  ],
  [/Footer length error/i, 'the Parquet file states a length of its footer that it does not have'],
  [
    /(?:decompression|ZSTD|GZIP|Brotli)\w* (?:failure|error)|Failed to read file/i,
    'a page of the Parquet file cannot be decompressed',
  ],
  [/at least one non-root column/i, 'the Parquet file has no columns'],
]
const parquetHint = 'Write or copy the file again; its digest tells whether it arrived whole.'
const longestMessage = 300

/** What DuckDB threw, for whoever sent the data: what is wrong where, without its own vocabulary or a path of this machine. */
export function explainDuckdb(failure: unknown): unknown {
  if (failure instanceof KaizenError || !(failure instanceof Error)) return failure
  const { message } = failure
  const invalid = (text: string, hint?: string): KaizenError =>
    new KaizenError('INVALID_DATA', text, {
      ...(hint === undefined ? {} : { hint }),
      cause: failure,
    })
  if (/No space left/i.test(message)) {
    return new KaizenError('STORAGE_FULL', 'the disk is full; nothing was stored', {
      hint: 'Free some space and send the request again.',
      cause: failure,
    })
  }
  if (/Out of Memory|failed to (?:allocate|pin|offload)/i.test(message)) {
    return new KaizenError('TOO_LARGE', 'the rows need more memory than queries may use at once', {
      hint: 'Ask for fewer rows or columns, split the file, or leave long texts and nested columns out; free some disk if it is full, which takes what does not fit.',
      cause: failure,
    })
  }
  if (/detect the CSV parsing dialect/.test(message)) {
    return invalid(
      'the CSV cannot be taken apart: its lines differ in their number of fields, or a quote is not closed',
      'Give every line as many fields as the header; a field that holds the delimiter or a quote stands in double quotes.',
    )
  }
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1]
  for (const [pattern, reason, hint] of line === undefined ? [] : csvReasons) {
    const found = pattern.exec(message)
    if (!found) continue
    const filled = reason.replaceAll(/\$(\d)/g, (_, group: string) => found[Number(group)] ?? '')
    return invalid(`line ${line} of the CSV: ${filled}`, hint)
  }
  const spoiled = parquetReasons.find(([pattern]) => pattern.test(message))
  if (spoiled) return invalid(spoiled[1], parquetHint)
  return invalid(withoutPaths(firstWords(message)))
}

/** The reason alone: neither the advice on options of DuckDB nor the class of the error. */
const firstWords = (message: string): string =>
  (message.split(/\n\n|Possible (?:fixes|Solution)|Original Line/)[0] ?? '')
    .replaceAll(/\s+/g, ' ')
    .replace(/^(?:[A-Z]\w+ )+Error: /, '')
    .trim()
    .slice(0, longestMessage)

const withoutPaths = (text: string): string =>
  text
    .replaceAll(
      /(["'])(\/[^"']*)\1/g,
      (_all, quote: string, path: string) => `${quote}${basename(path)}${quote}`,
    )
    .replaceAll(/\/\S+\//g, '')
