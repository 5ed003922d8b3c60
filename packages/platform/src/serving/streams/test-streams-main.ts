/** A stream in a process of its own, for tests that kill it: folder and number of records as arguments. */
import { randomIds } from '../../kernel/index.ts'
import { addingModel, editor, testServing } from '../test-serving.ts'
import { StreamService } from './streams.service.ts'

const [, , folder, count] = process.argv
if (!folder || !count) throw new Error('usage: test-streams-main.ts FOLDER RECORDS')
const test = await testServing({ folder })
const { serving, database, audit, clock } = test
const live = (name: string) => serving.live(name)
const streams = new StreamService({ database, audit, clock, ids: randomIds(), live })
if ((await serving.names()).length === 0) {
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  for (let from = 0; from < Number(count); from += 1000) {
    const records = Array.from({ length: 1000 }, (_, i) => ({
      id: `r${from + i}`,
      value: { temp: from + i, season: 'spring' },
    }))
    await streams.append('in', records)
  }
  const [source, target] = ['in', 'out'].map((topic) => ({ broker: 'internal' as const, topic }))
  await streams.create(editor, { name: 's', endpoint: 'hires', source: source!, target: target! })
}
await streams.tick(0)
console.log('running')
await streams.settled()
console.log(JSON.stringify(await streams.get('s')))
