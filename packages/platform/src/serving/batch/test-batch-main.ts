/** Scores rows slowly in a process of its own, to be killed: says each time that more rows are kept. */
import { setTimeout as pause } from 'node:timers/promises'
import { openSqlite } from '../../storage/index.ts'
import { addingModel, editor } from '../test-serving.ts'
import { batchMigrations, testBatch } from './test-batch.ts'

const [folder = '', rows = '0'] = process.argv.slice(2)
const database = await openSqlite(`${folder}/kaizen.db`, batchMigrations)
const test = await testBatch(folder, database, { pieceRows: 2048 })
const lines = Array.from({ length: Number(rows) }, (_, row) => `${row},${row % 1000},spring`)
const file = await test.upload('csv', `id,temp,season\n${lines.join('\n')}\n`)
const model = await test.register('bike', addingModel(1))
const { id } = await test.batch.create(editor, {
  model,
  input: { file },
  format: 'parquet',
  rowsPerSecond: 4000,
})
for (let last = -1; ; await pause(20)) {
  const { scored } = await test.batch.get(id)
  if (scored !== last) console.log(JSON.stringify({ id, scored }))
  last = scored
}
