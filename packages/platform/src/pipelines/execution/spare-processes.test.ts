import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SpareProcesses } from './spare-processes.ts'

it('loads a spare behind those who answer callers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-spare-'))
  const main = join(folder, 'main.mjs')
  await writeFile(
    main,
    "import { getPriority } from 'node:os'\nprocess.on('message', () => {})\nprocess.send(getPriority())\n",
  )
  using spares = new SpareProcesses({})
  spares.warm(main)
  const child = spares.take(main)
  try {
    expect(await once(child!, 'message')).toContain(10)
  } finally {
    child?.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
})
