/**
 * `node bench/statistics/drift.ts FOLDER` compares every column of the two tables in a folder (see `drift-tables.ts`) with
 * the test that is chosen for it; prints CPU and wall seconds, the least of three runs, and the peak of memory as JSON.
 */
import { measuredDrift } from '@kaizen/platform/test-distributions'
import { TABLE_ROWS, TABLES } from './drift-tables.ts'

const folder = process.argv[2] ?? '.'
let [cpu, wall] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
for (let run = 0; run < 3; run++) {
  const [used, began] = [process.cpuUsage(), performance.now()]
  const verdicts = await measuredDrift(folder, TABLES, TABLE_ROWS)
  const { user, system } = process.cpuUsage(used)
  cpu = Math.min(cpu, (user + system) / 1e6)
  wall = Math.min(wall, (performance.now() - began) / 1000)
  if (!verdicts.every((verdict) => 'test' in verdict)) throw new Error('a column has no verdict')
}
const peakMb = process.resourceUsage().maxRSS / 1024
process.stdout.write(`${JSON.stringify({ cpu, wall, peakMb })}\n`)
