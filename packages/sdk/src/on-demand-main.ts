/** The process of on-demand features: asked over its channel for rows, answers their features. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { isOnDemandView } from './on-demand.ts'
import {
  type OnDemandAnswered,
  type OnDemandQuestion,
  reasonOf,
  runOnDemand,
} from './on-demand-run.ts'
import { resolveFromHere } from './step-imports.ts'

// Ends the process when the server is gone, also while a function computes.
new Worker(
  `const parent = process.ppid
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)`,
  { eval: true },
).unref()

async function answer(question: OnDemandQuestion): Promise<OnDemandAnswered> {
  const { id, module, export: name } = question
  const failed = (message: string): OnDemandAnswered => ({ id, failure: 'load', message })
  try {
    if (!existsSync(module)) return failed(`the project has no file ${module}`)
    resolveFromHere()
    const loaded = (await import(pathToFileURL(resolve(module)).href)) as Record<string, unknown>
    const view = loaded[name]
    if (!isOnDemandView(view)) return failed(`${module} exports no on-demand view named "${name}"`)
    return await runOnDemand(view, question)
  } catch (failure) {
    return failed(reasonOf(failure))
  }
}

process.on('message', (question: OnDemandQuestion) => {
  void answer(question).then((said) => process.send?.(said, undefined, undefined, () => undefined))
})
// The server that started this process has ended.
process.once('disconnect', () => process.exit(0))
