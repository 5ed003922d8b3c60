import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readBody } from './body.ts'
import { RequestMemory } from './request-memory.ts'

describe('memory of requests', () => {
  it('is given back when a request ends, and refuses what would exceed it, saying when to come again', () => {
    const memory = new RequestMemory(100)
    {
      using first = memory.held()
      first.add(60)
      using second = memory.held()
      second.add(40)
      expect(() => second.add(1)).toThrow('requests under way hold 0 MB already')
      expect(() => first.add(1)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
      expect(memory.heldBytes).toBe(100)
    }
    expect(memory.heldBytes).toBe(0)
  })

  it('lets one request through whatever its size: that is bounded by itself', () => {
    const memory = new RequestMemory(100)
    using one = memory.held()
    one.add(1000)
    expect(memory.heldBytes).toBe(1000)
    using other = memory.held()
    expect(() => other.add(1)).toThrow('requests under way hold')
  })

  it('counts bodies while they come, and what they are inflated to', async () => {
    const memory = new RequestMemory(10_000)
    using held = memory.held()
    const bounds = { maxBytes: 1e6, held }
    const packed = gzipSync(Buffer.alloc(9000))
    await readBody(Readable.from([packed]), 'gzip', bounds)
    expect(memory.heldBytes).toBe(packed.length + 9000)
    const more = memory.held()
    const coming = Readable.from([Buffer.alloc(500), Buffer.alloc(800), Buffer.alloc(800)])
    await expect(readBody(coming, undefined, { maxBytes: 1e6, held: more })).rejects.toMatchObject({
      code: 'OVERLOADED',
    })
    // What follows is read and dropped.
    expect(coming.readableFlowing).toBe(true)
    more[Symbol.dispose]()
    expect(memory.heldBytes).toBe(packed.length + 9000)
  })
})
