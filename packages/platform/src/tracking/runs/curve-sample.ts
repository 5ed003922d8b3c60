/**
 * Which points of a curve a sample shows, by their places from 0: the first of each of so many parts, as even as they can
 * be (SQL's `ntile`), but the last point of the curve in place of the last part's first.
 */
export function sampledPlaces(total: number, points: number): readonly number[] {
  if (total <= points) return Array.from({ length: total }, (_, place) => place)
  const part = Math.floor(total / points)
  const longer = total % points
  return Array.from({ length: points }, (_, index) =>
    index === points - 1 ? total - 1 : index * part + Math.min(index, longer),
  )
}
