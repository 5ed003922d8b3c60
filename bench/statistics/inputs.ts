/** The same bytes for every party: columns in files, from one seed. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '@kaizen/ml'

export interface Inputs {
  /** Two samples of a million. */
  readonly a: Float64Array
  readonly b: Float64Array
  /** 10 000 rows of ten features, row by row. */
  readonly rows: Float64Array
  /** Labels, decisions and groups, as many as the census file has. */
  readonly label: Uint8Array
  readonly decision: Uint8Array
  readonly group: Uint8Array
  /** Errors of a model whose error rate rises twice. */
  readonly stream: Uint8Array
  /** Scores and truths of a reference and of what came after, half a million each. */
  readonly score1: Float64Array
  readonly truth1: Uint8Array
  readonly score2: Float64Array
  readonly truth2: Uint8Array
}

const MILLION = 1_000_000
const CENSUS_ROWS = 32_561

/** All inputs, drawn once. */
export const drawInputs = (): Inputs => {
  const random = seededRandom(2024)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const floats = (n: number, draw: (i: number) => number) =>
    Float64Array.from({ length: n }, (_, i) => draw(i))
  const bits = (n: number, chance: (i: number) => number) =>
    Uint8Array.from({ length: n }, (_, i) => (random() < chance(i) ? 1 : 0))
  const group = bits(CENSUS_ROWS, () => 0.67)
  const label = bits(CENSUS_ROWS, (i) => (group[i] === 1 ? 0.3 : 0.11))
  const score1 = floats(MILLION / 2, random)
  const score2 = floats(MILLION / 2, () => random() ** 1.3)
  return {
    a: floats(MILLION, normal),
    b: floats(MILLION, () => normal() + 0.01),
    rows: floats(100_000, random),
    label,
    decision: bits(CENSUS_ROWS, (i) => (label[i] === 1 ? 0.7 : 0.1)),
    group,
    stream: bits(MILLION / 5, (i) => (i < 60_000 ? 0.1 : i < 130_000 ? 0.15 : 0.3)),
    score1,
    truth1: bits(MILLION / 2, (i) => score1[i]! ** 1.2),
    score2,
    truth2: bits(MILLION / 2, (i) => score2[i]! ** 1.2),
  }
}

/** Writes each column to a file of its name. */
export const writeInputs = async (folder: string, inputs: Inputs): Promise<void> => {
  await mkdir(folder, { recursive: true })
  for (const [name, column] of Object.entries(inputs)) {
    const { buffer, byteOffset, byteLength } = column as Float64Array
    await writeFile(join(folder, `${name}.bin`), new Uint8Array(buffer, byteOffset, byteLength))
  }
}
