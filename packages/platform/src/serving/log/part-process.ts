/** Main of the process that writes parts: a task comes, a manifest or why there is none goes. */
import { type PartTask, writePart } from './part-writer.ts'

process.on('message', (task: PartTask) => {
  writePart(task).then(
    (manifest) => process.send?.({ manifest }),
    (failure: unknown) =>
      process.send?.({ failure: failure instanceof Error ? failure.message : 'unknown' }),
  )
})
// What nobody waits for any more is not finished.
process.once('disconnect', () => process.exit())
