import { describe, expect, it } from 'vitest'
import { parseBlock, readEventStream } from './event-stream.ts'

describe('event stream', () => {
  it('reads id and data, and heartbeats as empty', () => {
    expect(parseBlock('id: 7\nevent: audit\ndata: {"a":1}')).toEqual({ id: '7', data: '{"a":1}' })
    expect(parseBlock(':')).toEqual({ id: null, data: '' })
    expect(parseBlock('data: a\ndata: b').data).toBe('a\nb')
  })
  it('joins messages that arrive in pieces', async () => {
    const pieces = ['id: 1\nda', 'ta: x\n', '\nid: 2\ndata: y\n\nid: 3']
    const stream = new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
        controller.close()
      },
    })
    const seen = await Array.fromAsync(readEventStream(new Response(stream)))
    expect(seen).toEqual([
      { id: '1', data: 'x' },
      { id: '2', data: 'y' },
    ])
  })
})
