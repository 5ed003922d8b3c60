import type { RowProgram, Slot, Step } from './row-program.ts'

/** Values by input name at which a model decides: its thresholds and their neighbours, its categories. */
export type Probes = ReadonlyMap<string, readonly (number | string)[]>

/** At most so many values an input. */
const mostProbes = 500

/**
 * Follows each input to the constants that it meets. Golden inputs drawn from these stand on both sides of every kind
 * of decision, and exactly on thresholds, where a runtime that rounds in another way answers differently.
 */
export function probesOf(program: RowProgram): Probes {
  const origins = new Map<number, readonly (number | undefined)[]>()
  const found = program.inputs.map(() => new Set<number | string>())
  const constants = new Map<number, number>()
  for (const step of program.steps) {
    if (step.kind === 'constant') {
      const [only, ...more] = step.values
      if (typeof only === 'number' && more.length === 0) constants.set(step.to.id, only)
      continue
    }
    origins.set(step.to.id, originsOf(step, origins))
    note(step, { origins, found, constants })
  }
  return new Map(
    program.inputs.map(({ name, slot }, i) => {
      const values = [...(found[i] ?? [])]
      const stride = Math.max(1, Math.ceil(values.length / mostProbes))
      return [name, values.filter((_, at) => at % stride === 0 && slot.width > 0)]
    }),
  )
}

type Origins = ReadonlyMap<number, readonly (number | undefined)[]>

/** The input that each element of a step's result comes from, where it is one. */
function originsOf(step: Step, origins: Origins): readonly (number | undefined)[] {
  const of = (slot: Slot) =>
    origins.get(slot.id) ?? new Array<undefined>(slot.width).fill(undefined)
  switch (step.kind) {
    case 'input':
      return new Array<number>(step.to.width).fill(step.input)
    case 'map':
    case 'encode':
      return of(step.from)
    case 'concat':
      return step.parts.flatMap(of)
    case 'elementwise':
      return of(step.left)
    case 'where':
      return of(step.otherwise)
    default:
      return of(step.to)
  }
}

interface Notes {
  readonly origins: Origins
  readonly found: readonly Set<number | string>[]
  readonly constants: ReadonlyMap<number, number>
}

function note(step: Step, { origins, found, constants }: Notes): void {
  const [origin] = step.kind === 'trees' ? [] : (origins.get(step.to.id) ?? [])
  if (step.kind === 'encode' && origin !== undefined) {
    for (const key of step.keys) found[origin]?.add(key)
  } else if (step.kind === 'elementwise' && origin !== undefined) {
    const constant = constants.get(step.right.id)
    if (constant === undefined || step.operation === 'equal') return
    const [centre = 0] = [...(found[origin] ?? [])].map(Number)
    // The mean is subtracted first, then the spread divides: values around the one in steps of the other.
    const around = step.operation === 'divide' ? [-2, -1, -0.5, 0.5, 1, 2] : []
    const values = around.map((times) => centre + times * constant)
    for (const value of [...values, ...(around.length > 0 ? [] : [constant])]) {
      found[origin]?.add(Math.fround(value))
    }
  } else if (step.kind === 'trees') {
    const features = origins.get(step.from.id) ?? []
    for (const [node, feature] of step.lists.features.entries()) {
      const input = features[feature]
      if (input === undefined || step.lists.setStarts[node]! >= 0) continue
      const split = Math.fround(step.lists.splits[node]!)
      for (const value of [split, nextFloat(split, -1), nextFloat(split, 1)]) {
        if (Number.isFinite(value)) found[input]?.add(value)
      }
    }
  }
}

/** The float32 next to a value, below (-1) or above (1). */
function nextFloat(value: number, direction: -1 | 1): number {
  if (value === 0) return direction * 2 ** -149
  const bits = new Int32Array(1)
  const floats = new Float32Array(bits.buffer)
  floats[0] = value
  bits[0]! += value > 0 === direction > 0 ? 1 : -1
  return floats[0]!
}
