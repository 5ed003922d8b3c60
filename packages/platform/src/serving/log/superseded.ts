import type { Block } from './block.ts'
import type { SupersededRows } from './ids/id-table.ts'
import { rowInPart } from './log-place.ts'
import type { Sealed } from './sealed.ts'

/** Rows that were answered again behind their segment or part are passed over. */
export function supersede(
  block: Block,
  sealed: Pick<Sealed, 'first' | 'starts' | 'places'>,
  { segments, rows }: SupersededRows,
): void {
  for (const [i, segment] of segments.entries()) {
    const row = rows[i]!
    const index = sealed.places ? indexOf(sealed.places, rowInPart(sealed, { segment, row })) : row
    if (index !== undefined) block.supersede(index)
  }
}

/** Where a place stands among rising ones; undefined where it does not. */
function indexOf(places: readonly number[], place: number): number | undefined {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (places[middle]! < place) low = middle + 1
    else high = middle
  }
  return places[low] === place ? low : undefined
}
