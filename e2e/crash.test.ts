import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readBikeRows } from '@kaizen/cli/demo/bike-rows'
import { invokeOver } from '@kaizen/cli/demo/invoke'
import { readCandidates } from '@kaizen/cli/demo/measure'
import { reliableFetch } from '@kaizen/cli/demo/reliable-fetch'
import { deployFirstModel, replay } from '@kaizen/cli/demo/replay'
import { scenario } from '@kaizen/cli/demo/scenario'
import { ServerProcess } from '@kaizen/cli/demo/server-process'
import { applyProject } from '@kaizen/cli/project'
import {
  auditApi,
  dataApi,
  modelsApi,
  type PredictionRecord,
  pipelinesApi,
  servingApi,
} from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import { expect, it } from 'vitest'

const project = fileURLToPath(new URL('../examples/bike-sharing', import.meta.url))
const end = Date.UTC(2011, 6, 1)
const kills = 20
const seed = 20_110_401

/** Numbers in [0, 1) that are the same in every run (Park and Miller's minimal standard generator). */
function uniform(start: number): () => number {
  let state = start
  return () => {
    state = (48_271 * state) % 2_147_483_647
    return state / 2_147_483_647
  }
}

it(`goes on after the server is killed ${kills} times, with nothing missing and nothing doubled`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-crash-'))
  await using server = new ServerProcess({
    dataDir: folder,
    replayFrom: new Date(scenario.start).toISOString(),
  })
  const address = await server.ready()
  const send = reliableFetch(server)
  const client = createClient({ baseUrl: address, fetch: send })
  const rows = (await readBikeRows(join(project, 'data/bike-sharing-hourly.csv'))).filter(
    ({ at }) => at >= scenario.start && at < end,
  )
  await applyProject(client, project, 'crash test')

  const random = uniform(seed)
  let done = false
  const killer = async (): Promise<void> => {
    for (let i = 0; i < kills && !done; i++) {
      await server.ready()
      await sleep(50 + random() * 1200)
      server.kill()
    }
  }
  const killing = killer()
  await deployFirstModel(client)
  await replay({ client, rows, end, invoke: invokeOver(send, address), onStep: () => undefined })
  done = true
  await killing
  expect(server.starts).toBeGreaterThan(kills / 2)

  const predictions = (await Array.fromAsync(
    client.paged(servingApi.predictions, {
      params: { name: scenario.endpoint },
      query: { limit: 1000 },
    }),
  )) as PredictionRecord[]
  const live = predictions.filter((record) => record.mode === 'live')
  expect(live.map((record) => record.at).sort((a, b) => a - b)).toEqual(rows.map((row) => row.at))
  expect(new Set(live.map((record) => record.inferenceId)).size).toBe(rows.length)
  const truth = new Map(rows.map((row) => [row.at, row.hires]))
  expect(live.filter((record) => record.actual !== truth.get(record.at))).toEqual([])

  const candidates = (await readCandidates(client)).toReversed()
  expect(candidates.map((candidate) => candidate.number)).toEqual(candidates.map((_, i) => i + 1))
  expect(candidates.filter((candidate) => candidate.endedAt === null)).toHaveLength(0)
  const versions = await Array.fromAsync(
    client.paged(modelsApi.versions, { params: { name: scenario.model } }),
  )
  const registered = candidates.flatMap((candidate) => candidate.modelVersion ?? [])
  expect(versions.map((version) => version.version).sort((a, b) => a - b)).toEqual(
    [...new Set(registered)].sort((a, b) => a - b),
  )
  const runs = await Array.fromAsync(client.paged(pipelinesApi.runs, { query: { limit: 1000 } }))
  const asked = candidates.flatMap(({ pipelineRunId, refitRunId }) =>
    [pipelineRunId, refitRunId].filter((id) => id !== null),
  )
  expect(runs.map((run) => run.id).sort()).toEqual(asked.sort())

  const dataset = await client.call(dataApi.version, {
    params: {
      name: scenario.dataset,
      version:
        (await client.call(dataApi.get, { params: { name: scenario.dataset } })).latestVersion ?? 1,
    },
  })
  expect(new Set(dataset.pieces.map((piece) => piece.digest)).size).toBe(dataset.pieces.length)
  expect(await client.call(auditApi.verify)).toMatchObject({ ok: true, problem: null })
  await rm(folder, { recursive: true, force: true })
})
