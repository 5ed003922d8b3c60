export interface StreamMessage {
  readonly id: string | null
  /** Empty for a heartbeat. */
  readonly data: string
}

/** Messages of a server-sent event stream (WHATWG HTML, section 9.2), heartbeats included. */
export async function* readEventStream(answer: Response): AsyncGenerator<StreamMessage> {
  if (!answer.body) return
  let rest = ''
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) yield parseBlock(block)
  }
}

export function parseBlock(block: string): StreamMessage {
  let id: string | null = null
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const value = line.slice(colon + 1).replace(/^ /, '')
    if (line.startsWith('id:')) id = value
    if (line.startsWith('data:')) data.push(value)
  }
  return { id, data: data.join('\n') }
}
