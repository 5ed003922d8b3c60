/** A sink in a process of its own, for tests that kill it: folder, number of predictions and receiver as arguments. */
import { join } from 'node:path'
import { newSink } from '@kaizen/contracts'
import { randomIds } from '../../kernel/index.ts'
import { SecretBox } from '../../webhooks/index.ts'
import { InternalTopics } from '../streams/internal-topics.ts'
import { addingModel, editor, testServing } from '../test-serving.ts'
import { SinkService } from './sinks.service.ts'

const [, , folder, count, url] = process.argv
if (!folder || !count || !url) throw new Error('usage: test-sinks-main.ts FOLDER COUNT URL')
const test = await testServing({ folder })
const { serving, database, audit, clock } = test
const topics = new InternalTopics({ database, clock })
const sinks = await SinkService.open({
  database,
  audit,
  clock,
  ids: randomIds(),
  live: (name) => serving.live(name),
  topics: async () => topics,
  secrets: new SecretBox(new Uint8Array(32)),
  logFolder: join(folder, 'predictions'),
  allowPrivate: true,
})
if ((await serving.names()).length === 0) {
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  const target = { kind: 'http', url, mode: 'batched' }
  const from = 'beginning'
  await sinks.pause(
    editor,
    (await sinks.create(editor, newSink.parse({ name: 's', endpoint: 'hires', target, from })))
      .name,
  )
  const ids = Array.from({ length: Number(count) }, (_, i) => `p${i}`)
  const dataframe_records = ids.map((_, i) => ({ temp: i, season: 'spring' }))
  await test.post('/endpoints/hires/invocations', {
    dataframe_records,
    kaizen: { inference_ids: ids },
  })
  await sinks.resume(editor, 's')
} else await sinks.tick()
console.log('running')
await sinks.settled()
console.log('settled')
