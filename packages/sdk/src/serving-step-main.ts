/** The process of a serving step: asked over its pipes for tensors, in the frames that Python models are asked in. */
import { Console } from 'node:console'
import { resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { TensorSpec } from '@kaizen/contracts'
import type { ServingStep } from './serving-step.ts'
import { frameOf, questionsOf, reasonOf, runStep, stepOf } from './serving-step-run.ts'
import { resolveFromHere } from './step-imports.ts'

// What the step prints goes to standard error, never between frames.
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
globalThis.console = new Console(process.stderr, process.stderr) as Console

// Ends the process when the server is gone, also while the step computes.
new Worker(
  `const parent = process.ppid
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)`,
  { eval: true },
).unref()

let step: ServingStep | undefined
let outputs: readonly TensorSpec[] = []

for await (const { head, body } of questionsOf(process.stdin)) {
  if (head.kind === 'load') {
    try {
      resolveFromHere()
      const { path, function: name } = head.plan!
      const module = await import(pathToFileURL(resolve(head.folder!, path)).href)
      step = stepOf(module as Readonly<Record<string, unknown>>, name)
      outputs = head.outputs ?? []
      write(frameOf({ id: head.id }))
    } catch (failure) {
      console.error(failure)
      write(frameOf({ id: head.id, failure: 'load', message: reasonOf(failure) }))
      break
    }
  } else if (head.kind === 'ping') write(frameOf({ id: head.id }))
  else write(await runStep(step!, head, { outputs, body }))
}
process.exit(0)
