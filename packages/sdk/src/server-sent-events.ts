/** One server-sent event (WHATWG HTML, section 9.2). */
export interface ServerSentEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Parses a stream of server-sent events; comments are passed over, an unfinished event at the end is dropped. */
export async function* parseServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  let id = ''
  let event = ''
  let data: string[] = []
  for await (const line of lines(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      // A lone carriage return at the end may be the first half of a line end.
      rest += decoder.decode(value, { stream: true })
      const complete = rest.endsWith('\r') ? rest.length - 1 : rest.length
      const parts = rest.slice(0, complete).split(/\r\n|\n|\r/)
      rest = (parts.pop() ?? '') + rest.slice(complete)
      yield* parts
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
