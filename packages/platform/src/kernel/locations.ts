import { KaizenError } from '@kaizen/contracts'

/**
 * Schemes whose address says which host is connected to: whoever follows such a place asks a machine that a client
 * chose, from inside the network of the server or of another user.
 */
const schemesOfHosts: ReadonlySet<string> = new Set([
  ...['http', 'https', 'ftp', 'ftps', 'sftp', 'scp', 'ssh', 'smb', 'ws', 'wss', 'gopher', 'ldap'],
  ...['hdfs', 'viewfs', 'webhdfs', 'r2', 'b2', 'abfss', 'abfs'],
])
/** Schemes that programs run or read as content of their own. */
const schemesOfContent: ReadonlySet<string> = new Set(['data', 'javascript', 'jar', 'blob'])

const longest = 2048
const mostLayers = 8

/** What makes a place that a client names one that nobody should follow; undefined when nothing does. */
export function problemOfLocation(location: string): string | undefined {
  if (location.length > longest) return `it is longer than ${longest} characters`
  if (/\p{Cc}/u.test(location)) return 'it may not hold control characters'
  if (location.trim() !== location) return 'it may not begin or end with blanks'
  const layers = layersOf(location)
  if (layers === undefined) return 'it is encoded too often'
  if (layers.some((text) => /\p{Cc}/u.test(text))) return 'it may not hold control characters'
  if (layers.some((text) => text.split(/[\\/]/).includes('..'))) return 'it may not hold ".."'
  if (location.includes('\\')) return 'it may not hold backslashes'
  if (/[#?]/.test(location)) return 'it may hold no fragment or query'
  return problemOfScheme(location)
}

function problemOfScheme(location: string): string | undefined {
  const { scheme, rest } = schemeOf(location)
  // In keys of buckets it is a character like any other.
  if (scheme === '' && location.includes(';')) return 'it may hold no parameter'
  if (schemesOfHosts.has(scheme)) {
    return `the scheme '${scheme}' names a host that would be connected to`
  }
  if (schemesOfContent.has(scheme)) return `the scheme '${scheme}' names no place`
  if (scheme === 'mlflow-artifacts' && /^\/\/[^/]/.test(rest)) {
    return 'mlflow-artifacts may not name another server'
  }
  return undefined
}

/** The scheme in small letters, `` for a path; a single letter is a drive. */
export function schemeOf(location: string): { readonly scheme: string; readonly rest: string } {
  const [all = '', scheme = ''] = /^([a-z][a-z0-9+.-]+):/i.exec(location) ?? []
  return { scheme: scheme.toLowerCase(), rest: location.slice(all.length) }
}

/** A text and all that it decodes to, one layer of percent-encoding after the other. */
function layersOf(text: string): readonly string[] | undefined {
  const layers = [text]
  for (let last = text; layers.length <= mostLayers; ) {
    const next = decoded(last)
    if (next === last) return layers
    layers.push(next)
    last = next
  }
  return undefined
}

/** Decodes what can be decoded: one broken sequence does not hide the sound ones beside it. */
const decoded = (text: string): string =>
  text.replaceAll(/(%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
    }
  })

/** The same for the root of files: of an experiment, or of all experiments of a workspace. @throws INVALID_REQUEST */
export function checkRootOfFiles(location: string, parameter: string): void {
  const { scheme } = schemeOf(location)
  const problem =
    problemOfLocation(location) ?? (scheme === 'runs' ? 'it cannot be a runs:/ URI' : undefined)
  if (problem === undefined) return
  throw new KaizenError(
    'INVALID_REQUEST',
    `Invalid value ${JSON.stringify(location.slice(0, 200))} for parameter '${parameter}' supplied: ${problem}.`,
    { hint: 'Name a bucket such as s3://bucket/folder, or leave it out to keep files in Kaizen.' },
  )
}
