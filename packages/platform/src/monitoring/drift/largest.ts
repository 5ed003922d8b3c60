/** Items that are kept in order before the others are dropped. */
const slack = 2

/**
 * The first of many items in an order, sorted, and then all others in no order: of a million values that occur once each,
 * nobody asks which is the last.
 */
export function firstSorted<Item>(
  items: readonly Item[],
  most: number,
  order: (a: Item, b: Item) => number,
): readonly Item[] {
  if (items.length <= slack * most) return [...items].sort(order)
  const others: Item[] = []
  const best: Item[] = []
  let worst: Item | undefined
  const cut = (): void => {
    best.sort(order)
    for (const item of best.splice(most)) others.push(item)
    worst = best.at(-1)
  }
  for (const item of items) {
    if (worst !== undefined && order(item, worst) > 0) others.push(item)
    else if (best.push(item) >= slack * most) cut()
  }
  cut()
  return best.concat(others)
}
