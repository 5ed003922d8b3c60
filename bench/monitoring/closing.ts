/**
 * Closing one hourly window of 100,000 predictions of 50 features: CPU time of all threads, and how long the thread
 * that answers predictions is held up. `node bench/monitoring/closing.ts` prints the figures as JSON; with `--segments`
 * each window is compared within segments too.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { monitorDeclaration } from '@kaizen/contracts'
import { measuredMonitoring } from '@kaizen/platform/test-measured'

const rows = 100_000
const features = 50
const texts = 5
const hourMs = 3_600_000
const rounds = Number(process.env['KAIZEN_BENCH_ROUNDS'] ?? 5)
/** Drift within the ten largest of forty segments too. */
const bySegment = process.argv.includes('--segments')
const start = Date.UTC(2026, 0, 5)

/** Numbers of a fixed sequence, the same in every run. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function inputs(seed: number, count: number) {
  const next = sequence(seed)
  return {
    rowCount: count,
    columns: Array.from({ length: features }, (_, index) =>
      index < texts
        ? {
            name: `text${index}`,
            type: 'string' as const,
            values: Array.from({ length: count }, () => `value-${Math.floor(next() * 40)}`),
          }
        : {
            name: `number${index}`,
            type: 'number' as const,
            values: Float64Array.from({ length: count }, () => next() + next() + next()),
          },
    ),
  }
}

function hourOf(hour: number) {
  const from = start + hour * hourMs
  const next = sequence(hour + 99)
  return {
    at: Float64Array.from({ length: rows }, (_, row) => from + Math.floor((row * hourMs) / rows)),
    version: new Float64Array(rows).fill(1),
    latencyMs: Float64Array.from({ length: rows }, () => next() * 5),
    error: new Array<null>(rows).fill(null),
    inputs: inputs(hour + 1, rows),
    outputs: {
      rowCount: rows,
      columns: [
        { name: 'y', type: 'number' as const, values: Float64Array.from({ length: rows }, next) },
      ],
    },
    actual: Array.from({ length: rows }, next),
  }
}

/** What the machine's other work does to a thread that does nothing, in as much time. */
async function longestIdlePause(ms: number): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await sleep(ms)
  delay.disable()
  return delay.max / 1e6
}

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-'))
// The thread of windows holds no process open; here nothing else does.
const alive = setInterval(() => undefined, 60_000)
try {
  const hours = Array.from({ length: rounds + 1 }, (_, hour) => hourOf(hour))
  await using world = await measuredMonitoring(folder, hours, { start, hourMs })
  await world.declare(
    monitorDeclaration.parse({
      name: 'bench',
      endpoint: 'bench',
      window: '1h',
      performance: { metrics: ['mae', 'rmse'], window: '1h' },
      ...(bySegment && { segments: ['text0'], segmentDrift: {} }),
    }),
    inputs(7, 20_000),
  )
  const cpuSeconds: number[] = []
  const wallSeconds: number[] = []
  const longestPauseMs: number[] = []
  const idlePauseMs: number[] = []
  for (let hour = 0; hour <= rounds; hour++) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const [cpu, wall] = [process.cpuUsage(), performance.now()]
    await world.close(start + (hour + 1) * hourMs)
    const used = process.cpuUsage(cpu)
    delay.disable()
    // The first one starts the thread and compiles the code.
    if (hour === 0) continue
    cpuSeconds.push((used.user + used.system) / 1e6)
    wallSeconds.push((performance.now() - wall) / 1000)
    longestPauseMs.push(delay.max / 1e6)
    idlePauseMs.push(await longestIdlePause(performance.now() - wall))
  }
  console.log(
    JSON.stringify({ rows, features, cpuSeconds, wallSeconds, longestPauseMs, idlePauseMs }),
  )
} finally {
  clearInterval(alive)
  await rm(folder, { recursive: true, force: true })
}
