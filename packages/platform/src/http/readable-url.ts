const escapes = /(?:%[0-9a-f]{2})+/gi
const bareSign = /%(?![0-9a-f]{2})/gi

/**
 * The address with U+FFFD where its escapes are no UTF-8, and lone percent signs escaped. Stock clients of Python send a
 * file `100%accuracy.png` as it is, whose `%ac` is half a character, and ask for it later under the name that they
 * themselves make of that.
 */
export function readableUrl(url: string): string {
  if (!url.includes('%')) return url
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  if (isReadable(path)) return url
  const readable = path
    .replace(bareSign, '%25')
    .replace(escapes, (run) => (isReadable(run) ? run : encodeURIComponent(replaced(run))))
  return readable + url.slice(path.length)
}

const replaced = (run: string): string =>
  Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')

function isReadable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
