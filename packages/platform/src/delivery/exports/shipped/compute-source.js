/** Runs the model of this bundle, row by row, from its source. */
import { predict } from './model.js'

const widthOf = (shape) => shape.slice(1).reduce((product, size) => product * size, 1)

export function compute(inputs, wanted) {
  const rows = inputs[0]?.shape[0] ?? 0
  const read = inputs.map(({ name, shape, data }) => ({ name, data, width: widthOf(shape) }))
  const answers = Array.from({ length: rows }, (_, row) =>
    predict(
      Object.fromEntries(
        read.map(({ name, width, data }) => [
          name,
          width === 1 ? data[row] : data.slice(row * width, (row + 1) * width),
        ]),
      ),
    ),
  )
  return wanted.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    shape: [rows, ...shape.slice(1)],
    data: answers.flatMap((row) => row[name]),
  }))
}
