import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { models } from '../packages/platform/src/delivery/exports/test-models.ts'
import { kaizen, TestServer } from './test-program.ts'

it('serves the storage of a KServe bundle as a model repository, with the golden answers', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kaizen-kserve-'))
  try {
    const file = join(root, 'loans.onnx')
    await writeFile(
      file,
      models
        .find(([name]) => name === 'two classes of trees')![1]()
        .toOnnx(),
    )
    const folder = join(root, 'bundle')
    const ended = await kaizen(['export', file, '--to', 'kserve', '--out', folder])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const golden = JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8'))
    await using server = await TestServer.start([
      ...['--data-dir', join(root, 'data'), '--model-repository', join(folder, 'storage')],
    ])
    const answer = await fetch(`${server.address}/v2/models/loans/versions/1/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs: golden.inputs }),
    })
    expect(answer.status).toBe(200)
    const { outputs } = (await answer.json()) as { outputs: unknown }
    expect(outputs).toEqual(golden.outputs)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})
