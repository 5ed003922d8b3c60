/** The process of custom metrics: takes the columns of a window, then which metric to compute over them. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { isCustomMetric } from './custom-metric.ts'
import {
  type MetricAnswer,
  type MetricRequest,
  reasonOf,
  runMetric,
  type WireColumn,
} from './metric-run.ts'
import { resolveFromHere } from './step-imports.ts'

type Run = Extract<MetricRequest, { kind: 'run' }>

let columns: Record<'inputs' | 'outputs' | 'log', WireColumn[]> = {
  inputs: [],
  outputs: [],
  log: [],
}

async function answer(request: Run): Promise<MetricAnswer> {
  const given = columns
  columns = { inputs: [], outputs: [], log: [] }
  try {
    if (!existsSync(request.module))
      return { id: request.id, failure: `the project has no file ${request.module}` }
    resolveFromHere()
    const loaded = (await import(pathToFileURL(resolve(request.module)).href)) as Record<
      string,
      unknown
    >
    const metric = loaded[request.export]
    if (!isCustomMetric(metric))
      return {
        id: request.id,
        failure: `${request.module} exports no metric named "${request.export}"`,
      }
    return await runMetric(metric, request, given)
  } catch (failure) {
    return { id: request.id, failure: reasonOf(failure) }
  }
}

process.on('message', (request: MetricRequest) => {
  if (request.kind === 'column') columns[request.side].push(request.column)
  else
    void answer(request).then((said) => process.send?.(said, undefined, undefined, () => undefined))
})
// The server that started this process has ended.
process.once('disconnect', () => process.exit(0))
