import { closeSync, openSync, readSync } from 'node:fs'
import { decodeFrames, segmentMagic } from '../frame.ts'
import type { RecordSchema } from '../record.ts'
import type { IdAnswers, IdQuestion, Learned } from './id-questions.ts'
import { IdTable, keyOf, type WrittenId } from './id-table.ts'

/** Where reading a segment was left. */
interface Tail {
  readonly number: number
  readonly offset: number
  readonly row: number
  readonly schemas: Map<number, RecordSchema>
}

interface OpenIds {
  readonly table: IdTable
  tail: Tail | undefined
}

const open = new Map<string, OpenIds>()
const dayMs = 86_400_000

/** Answers a question about the ids of a log, whose table is opened when the first one comes. */
export function idAnswer(question: IdQuestion): IdAnswers[IdQuestion['kind']] {
  const { folder } = question
  if (question.kind === 'close') {
    open.get(folder)?.table[Symbol.dispose]()
    open.delete(folder)
    return null
  }
  const ids = open.get(folder) ?? { table: new IdTable(folder), tail: undefined }
  open.set(folder, ids)
  const { table } = ids
  switch (question.kind) {
    case 'cursor':
      return table.cursor
    case 'segment':
      return readSegment(ids, question)
    case 'rows':
      return { named: true, touched: table.add(question.rows, question.next) }
    case 'pass':
      table.pass(question.segment, question.row)
      return null
    case 'restart':
      table.restart()
      ids.tail = undefined
      return null
    case 'superseded':
      return table.superseded(question.first, question.last)
    case 'counts':
      return table.counts(question.first, question.last)
    case 'forget':
      table.forget(question)
      return null
  }
}

/** Rows of a segment behind those that are known; where ids are not kept yet, whether a caller has named one. */
function readSegment(
  ids: OpenIds,
  {
    path,
    number,
    sizeBytes,
  }: { readonly path: string; readonly number: number; readonly sizeBytes: number },
): Learned {
  const { table } = ids
  const { cursor } = table
  const known = cursor.segment === number ? cursor.row : 0
  const tail =
    ids.tail?.number === number && ids.tail.row === known
      ? ids.tail
      : { number, offset: segmentMagic.length, row: 0, schemas: new Map<number, RecordSchema>() }
  const rows: WrittenId[] = []
  let row = tail.row
  let named = cursor.named
  const end = decodeFrames(
    bytesOf(path, tail.offset, sizeBytes),
    (frame) => {
      if (frame.kind !== 'rows') return
      const { ids: own, at, schema, fresh } = frame.entry
      named ||= !fresh
      own.forEach((id, i) => {
        const place = row++
        if (!cursor.named || place < known) return
        const day = Math.floor((typeof at === 'number' ? at : at[i]!) / dayMs)
        rows.push({
          key: keyOf(id, schema),
          segment: number,
          row: place,
          day,
          drawn: fresh === true,
        })
      })
    },
    { at: 0, schemas: tail.schemas, elements: false },
  )
  if (named && !cursor.named) return { named, touched: [] }
  const touched = cursor.named ? table.add(rows, { segment: number, row }) : []
  if (!cursor.named) table.pass(number, row)
  ids.tail = { number, offset: tail.offset + end, row, schemas: tail.schemas }
  return { named, touched }
}

function bytesOf(path: string, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from))
  const file = openSync(path, 'r')
  try {
    let read = 0
    while (read < bytes.length) {
      const some = readSync(file, bytes, read, bytes.length - read, from + read)
      if (some === 0) break
      read += some
    }
    return bytes.subarray(0, read)
  } finally {
    closeSync(file)
  }
}
