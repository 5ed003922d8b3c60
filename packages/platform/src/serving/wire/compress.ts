import { promisify } from 'node:util'
import { constants, deflate, gzip } from 'node:zlib'

const algorithms = { gzip: promisify(gzip), deflate: promisify(deflate) } as const
type Algorithm = keyof typeof algorithms

/** Smaller answers gain nothing. */
const leastBytes = 1024

/** The compression that a caller accepts, in its order of preference as far as it states one. */
export function acceptedEncoding(header: string | undefined): Algorithm | undefined {
  if (header === undefined) return undefined
  const wanted = header
    .toLowerCase()
    .split(',')
    .map((item) => {
      const [name, ...parameters] = item.trim().split(';')
      const quality = parameters.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find(Boolean)
      return { name: name ?? '', quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ name, quality }) => name in algorithms && quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return wanted[0]?.name as Algorithm | undefined
}

/** An answer as the caller wants it, with the encoding that it now has. */
export async function compressed(
  body: string | Buffer,
  accepted: string | undefined,
): Promise<{ readonly body: string | Buffer; readonly encoding: Algorithm | undefined }> {
  const encoding = body.length < leastBytes ? undefined : acceptedEncoding(accepted)
  if (!encoding) return { body, encoding }
  const options = { level: constants.Z_BEST_SPEED }
  return { body: await algorithms[encoding](body, options), encoding }
}
