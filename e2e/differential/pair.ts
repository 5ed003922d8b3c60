import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMlflow } from '../mlflow-server.ts'
import { TestServer } from '../test-program.ts'
import { compareServers, type Outcome, type Plan } from './run.ts'
import { Side } from './side.ts'

/** Runs one corpus against a fresh MLflow server and a fresh Kaizen. */
export async function comparePair(plan: Plan): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-differential-'))
  try {
    const [theirs, ours] = await Promise.all([
      startMlflow(folder),
      TestServer.start(['--data-dir', join(folder, 'kaizen')]),
    ])
    await using mlflow = theirs
    await using kaizen = ours
    return await compareServers(new Side(mlflow.url), new Side(kaizen.address), plan)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
