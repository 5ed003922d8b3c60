import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from './server.ts'

const start = Date.UTC(2024, 0, 1)
const dayMs = 86_400_000

describe('the clock of a replay', () => {
  let folder: string
  let server: RunningServer
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-clock-'))
    server = await startServer({ dataDir: folder, port: 0, replayFrom: start })
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const advance = async (to: number) => {
    const answer = await fetch(`${server.address}/api/v1/clock/advance`, {
      method: 'POST',
      body: JSON.stringify({ to }),
    })
    return { status: answer.status, ...((await answer.json()) as object) }
  }

  it('moves forward, in steps that one request can be answered for', async () => {
    expect(await advance(start + 366 * dayMs)).toEqual({ status: 200, now: start + 366 * dayMs })
    expect(await advance(8.64e15)).toMatchObject({
      status: 400,
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining('366 days') },
    })
    expect(await advance(start)).toMatchObject({ status: 409, error: { code: 'CONFLICT' } })
    expect(await advance(start + 367 * dayMs)).toMatchObject({ status: 200 })
  })
})
