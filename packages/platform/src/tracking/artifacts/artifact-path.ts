import { KaizenError } from '@kaizen/contracts'

const refused = (path: string, why: string): KaizenError =>
  new KaizenError('INVALID_PATH', `Invalid path ${JSON.stringify(path.slice(0, 200))}: ${why}`, {
    hint: 'Use a relative path of ordinary names separated by "/".',
  })

const escapes = /(?:%[0-9a-f]{2})+/gi

/** Escapes as what they say; where they say no UTF-8, those of ASCII alone, which a climb is made of. */
function decoded(run: string): string {
  try {
    return decodeURIComponent(run)
  } catch {
    return run.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent)
  }
}

/** Undoes percent-encoding as often as it was applied, so that no layer of it hides a climb out of the tree. */
function fullyDecoded(path: string): string {
  let text = path
  for (let round = 0; round < 8; round++) {
    const next = text.replace(escapes, decoded)
    if (next === text) return text
    text = next
  }
  throw refused(path, 'it is encoded too often')
}

function problemOf(path: string): string | undefined {
  if (path.startsWith('/')) return 'it is absolute'
  if (/^[A-Za-z]:($|[\\/])/.test(path)) return 'it names a drive'
  if (path.includes('\\')) return 'it holds a backslash'
  if (/\p{Cc}/u.test(path)) return 'it holds a control character'
  const segments = path.split('/')
  if (segments.includes('..')) return 'it leaves its folder'
  if (segments.includes('.') || segments.includes('')) return 'it has an empty or "." part'
  if (segments.some((segment) => segment.length > 255) || path.length > 2048)
    return 'it is too long'
  return undefined
}

/**
 * A relative path of an artifact, `` for the root. The path itself and whatever it decodes to must stay inside.
 * @throws INVALID_PATH
 */
export function checkedArtifactPath(path: string): string {
  const trimmed = path.replace(/\/$/, '')
  if (trimmed === '') {
    if (path === '/') throw refused(path, 'it is absolute')
    return ''
  }
  const problem = problemOf(trimmed) ?? problemOf(fullyDecoded(trimmed).replace(/\/$/, ''))
  if (problem) throw refused(path, problem)
  return trimmed
}

export const joinPath = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join('/')

/** Folder and name of a path; the folder of a top-level name is ``. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}
