/** Main of the process that writes parts: a task comes, a manifest or why there is none goes. */
import { type PartTask, writePart } from './part-writer.ts'

/** Nobody hears it any more once the server has ended, which is no fault of this process. */
const tell = (answer: object) => process.send?.(answer, undefined, undefined, () => undefined)

process.on('message', (task: PartTask) => {
  writePart(task).then(
    (manifest) => tell({ manifest }),
    (failure: unknown) => tell({ failure: failure instanceof Error ? failure.message : 'unknown' }),
  )
})
// What nobody waits for any more is not finished.
process.once('disconnect', () => process.exit())
