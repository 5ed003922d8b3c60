/**
 * What knowing late retries costs: a million answers with ids of their callers, of which every tenth is asked again days later.
 * Prints CPU microseconds and bytes on the disk a prediction, and how long the loop was held.
 * Run: node bench/serving/late-retries.ts
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { PredictionLog } from '@kaizen/platform/test-prediction-log'

const rows = 1_000_000
const perEntry = 100
const day = 86_400_000
const schema = {
  arm: 'champion',
  mode: 'live',
  model: 'm',
  version: 1,
  inputs: [{ name: 'x', datatype: 'FP32' }],
  outputs: [{ name: 'y', datatype: 'FP32' }],
} as const

async function fill(folder: string, named: boolean): Promise<PredictionLog> {
  const log = await PredictionLog.open(folder, { residentCells: 0 })
  const append = (ids: readonly string[], at: number): Promise<void> =>
    log.append({
      schema,
      ids,
      at,
      fresh: named ? undefined : true,
      latencyMs: 1,
      inputs: {
        x: { datatype: 'FP32', shape: [ids.length, 1], data: new Float32Array(ids.length) },
      },
      answer: {
        outputs: {
          y: { datatype: 'FP32', shape: [ids.length, 1], data: new Float32Array(ids.length) },
        },
      },
    })
  const idsOf = (from: number): string[] =>
    Array.from({ length: perEntry }, (_, i) => idOf(from + i))
  for (let from = 0; from < rows; from += perEntry) await append(idsOf(from), from * 100)
  if (named)
    for (let from = 0; from < rows; from += 10 * perEntry)
      await append(idsOf(from), 40 * day + from)
  return log
}

/** As a client draws them: in no order. */
const idOf = (n: number): string => {
  const scattered = Math.imul(n + 1, 2_654_435_761) >>> 0
  return `${scattered.toString(16).padStart(8, '0')}-4c1d-4b7e-9a2f-${String(n).padStart(12, '0')}`
}

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-'))
const cpuOf = async <T>(work: () => Promise<T>): Promise<readonly [number, T]> => {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return [(user + system) / rows, result]
}
const [plain, unnamed] = await cpuOf(async () => {
  const log = await fill(join(folder, 'plain'), false)
  await log.countLive()
  return log
})
await unnamed.close()
const [all, log] = await cpuOf(async () => {
  const filled = await fill(join(folder, 'named'), true)
  await filled.countLive()
  return filled
})
const count = await log.countLive()
const { size } = await stat(join(folder, 'named', 'ids.sqlite'))
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
await rm(join(folder, 'named', 'ids.sqlite'), { force: true })
await log.close()
const again = await PredictionLog.open(join(folder, 'named'), { residentCells: 0 })
const [anew] = await cpuOf(() => again.countLive())
delay.disable()
await again.close()
process.stdout.write(
  `${JSON.stringify(
    {
      rows,
      count,
      cpuMicrosecondsWithoutNamedIds: plain,
      cpuMicrosecondsWithNamedIds: all,
      cpuMicrosecondsToMakeIdsAnew: anew,
      bytesAnId: size / rows,
      longestTurnMsWhileMadeAnew: delay.max / 1e6,
    },
    null,
    2,
  )}\n`,
)
await rm(folder, { recursive: true })
