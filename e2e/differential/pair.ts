import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMlflow } from '../mlflow-server.ts'
import { TestServer } from '../test-program.ts'
import { allowedWithUsers } from './allowed-users.ts'
import { partsWithUsers } from './corpus/parts.ts'
import { compareServers, type Outcome, type Plan } from './run.ts'
import { Side } from './side.ts'

/** Runs one corpus against a fresh MLflow server and a fresh Kaizen. */
export const comparePair = (plan: Plan): Promise<Outcome> =>
  inFolder(async (folder) => {
    const [theirs, ours] = await Promise.all([
      startMlflow(folder),
      TestServer.start(['--data-dir', join(folder, 'kaizen')]),
    ])
    await using mlflow = theirs
    await using kaizen = ours
    return await compareServers(new Side(mlflow.url), new Side(kaizen.address), plan)
  })

const secret = 'password of the administrator'

/** The same for servers that know their callers: MLflow's basic-auth application, with workspaces. */
export const compareWithUsers = (plan: Pick<Plan, 'seed' | 'searches'>): Promise<Outcome> =>
  inFolder(async (folder) => {
    const [theirs, ours] = await Promise.all([
      startMlflow(folder, { adminPassword: secret }),
      TestServer.start(
        ['--auth', '--default-permission', 'USE', '--data-dir', join(folder, 'kaizen')],
        {
          env: { KAIZEN_ADMIN_TOKEN: secret.replaceAll(' ', '-') },
        },
      ),
    ])
    await using mlflow = theirs
    await using kaizen = ours
    const basic = Buffer.from(`admin:${secret}`).toString('base64')
    return await compareServers(
      new Side(mlflow.url, { authorization: `Basic ${basic}` }),
      new Side(kaizen.address, { authorization: `Bearer ${secret.replaceAll(' ', '-')}` }),
      { ...plan, parts: partsWithUsers, alsoAllowed: allowedWithUsers },
    )
  })

async function inFolder(work: (folder: string) => Promise<Outcome>): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-differential-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
