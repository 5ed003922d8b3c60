import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true })

/** `fetch` over kept connections, for texts: it costs a caller a fraction of what the global one does. */
export const plainFetch: typeof fetch = async (input, init) => {
  const { body, method = 'GET', headers, signal } = init ?? {}
  if (input instanceof Request || (body && typeof body !== 'string')) return fetch(input, init)
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      method,
      headers: { ...Object.fromEntries(new Headers(headers)), ...lengthOf(body ?? '') },
      ...(signal ? { signal } : {}),
    }
    const asked = request(input, options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.once('error', reject)
      answer.once('end', () => {
        const { statusCode = 0, headers: received } = answer
        const type = received['content-type']
        resolve(
          new Response(hasNoBody(statusCode) ? null : Buffer.concat(chunks), {
            status: statusCode,
            ...(type === undefined ? {} : { headers: { 'content-type': type } }),
          }),
        )
      })
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

const lengthOf = (body: string): Record<string, string> =>
  body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }

const hasNoBody = (status: number): boolean => status === 204 || status === 304
