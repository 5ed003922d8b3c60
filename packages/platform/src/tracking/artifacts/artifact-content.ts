import { extname } from 'node:path'
import type { ByteRange } from '../../storage/index.ts'
import { splitPath } from './artifact-path.ts'
import type { ArtifactFile } from './artifacts.service.ts'

/** Types that a browser may show; all others, HTML and SVG among them, are bytes to be saved. */
const shownTypes: Readonly<Record<string, string>> = {
  '.txt': 'text/plain; charset=utf-8',
  '.log': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.yaml': 'text/plain; charset=utf-8',
  '.yml': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
}

/** Headers of a download: what users stored must never run in the origin of the server's own pages. */
export function contentHeaders(
  path: string,
  file: ArtifactFile,
  range: ByteRange | undefined,
): Readonly<Record<string, string>> {
  const { name } = splitPath(path)
  const shown = shownTypes[extname(name).toLowerCase()]
  return {
    'content-type': shown ?? 'application/octet-stream',
    'content-disposition': `${shown ? 'inline' : 'attachment'}; filename*=UTF-8''${encoded(name)}`,
    'content-length': String(range ? range.to - range.from : file.sizeBytes),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    etag: `"${file.digest}"`,
    ...(range ? { 'content-range': `bytes ${range.from}-${range.to - 1}/${file.sizeBytes}` } : {}),
  }
}

/** RFC 8187: all but letters, digits and a few marks as percent-encoded UTF-8. */
const encoded = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** The one range that a `Range` header asks for; a header that is not understood is as good as none (RFC 9110). */
export function requestedRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const from = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const to = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  return from < to ? { from, to } : undefined
}
