import type { Elementwise, Slot, Step, ValueType } from './row-program.ts'

/** How one language writes what the steps of a row have in common: both index arrays and count loops alike. */
export interface Language {
  /** The type or keyword of a loop's counter. */
  readonly counter: string
  /** A constant list outside the function. */
  table(name: string, type: ValueType | 'int32', values: readonly (number | string)[]): string
  /** Room for a slot inside the function. */
  room(slot: Slot): string
  number(value: number): string
  toFloat(expression: string): string
  isNaN(expression: string): string
  readonly exp: string
  /** Order of texts in which `lookup` searches. */
  compare(a: string, b: string): number
}

export interface SourceParts {
  readonly tables: readonly string[]
  readonly statements: readonly string[]
}

const operators: Readonly<Record<Exclude<Elementwise, 'equal'>, string>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
}

/** Tables and statements of one step; inputs are read by the language itself. */
export function stepSource(
  step: Exclude<Step, { kind: 'input' }>,
  language: Language,
): SourceParts {
  const { to } = step
  const room = language.room(to)
  const each = (body: string): string =>
    `for (${language.counter} i = 0; i < ${to.width}; i++) v${to.id}[i] = ${body};`
  switch (step.kind) {
    case 'constant':
      return { tables: [language.table(`v${to.id}`, to.type, step.values)], statements: [] }
    case 'encode':
      return encodeSource(step, language)
    case 'concat':
      return { tables: [], statements: [room, ...concatSource(step, language)] }
    case 'elementwise': {
      const [left, right] = [element(step.left), element(step.right)]
      const isEqual = step.operation === 'equal'
      const body = isEqual
        ? `${left} == ${right} ? 1 : 0`
        : `${left} ${operators[step.operation as Exclude<Elementwise, 'equal'>]} ${right}`
      return { tables: [], statements: [room, each(body)] }
    }
    case 'map':
      return { tables: [], statements: [room, each(mapSource(step, language))] }
    case 'where': {
      const [condition, then, otherwise] = [step.condition, step.then, step.otherwise].map(element)
      return { tables: [], statements: [room, each(`${condition} ? ${then} : ${otherwise}`)] }
    }
    case 'multiply-matrix': {
      const table = language.table(`w${to.id}`, 'double', step.weights)
      const call = `multiply(v${step.from.id}, ${step.from.width}, w${to.id}, v${to.id}, ${to.width});`
      return { tables: [table], statements: [room, call] }
    }
    case 'softmax':
      return {
        tables: [],
        statements: [room, `softmax(v${step.from.id}, v${to.id}, ${to.width});`],
      }
    case 'arg-max':
      return {
        tables: [],
        statements: [room, `v${to.id}[0] = argMax(v${step.from.id}, ${step.from.width});`],
      }
    case 'pick':
      return {
        tables: [],
        statements: [room, `v${to.id}[0] = v${step.list.id}[v${step.index.id}[0]];`],
      }
    case 'trees':
      return treesSource(step, language)
  }
}

/** An operand in a loop over `i`; one element stands for all. */
const element = (slot: Slot): string => `v${slot.id}[${slot.width === 1 ? '0' : 'i'}]`

function encodeSource(
  { to, from, keys, values, otherwise }: Extract<Step, { kind: 'encode' }>,
  language: Language,
): SourceParts {
  const entries = keys
    .map((key, i) => [key, values[i] ?? otherwise] as const)
    .sort(([a], [b]) => language.compare(a, b))
  const lists = `k${to.id}, c${to.id}, ${entries.length}`
  return {
    tables: [
      language.table(
        `k${to.id}`,
        'string',
        entries.map(([key]) => key),
      ),
      language.table(
        `c${to.id}`,
        'double',
        entries.map(([, value]) => value),
      ),
    ],
    statements: [
      language.room(to),
      `v${to.id}[0] = lookup(v${from.id}[0], ${lists}, ${language.number(otherwise)});`,
    ],
  }
}

function concatSource(
  { to, parts }: Extract<Step, { kind: 'concat' }>,
  { counter }: Language,
): readonly string[] {
  let at = 0
  return parts.map((part) => {
    const from = at
    at += part.width
    return part.width === 1
      ? `v${to.id}[${from}] = v${part.id}[0];`
      : `for (${counter} i = 0; i < ${part.width}; i++) v${to.id}[${from} + i] = v${part.id}[i];`
  })
}

function mapSource(
  { mapping, to, from }: Extract<Step, { kind: 'map' }>,
  language: Language,
): string {
  const value = element(from)
  switch (mapping) {
    case 'cast':
      return to.type === 'float' ? language.toFloat(value) : value
    case 'exp':
      return `${language.exp}(${value})`
    case 'is-nan':
      return `${language.isNaN(value)} ? 1 : 0`
    case 'sigmoid':
      return `sigmoid(${value})`
  }
}

function treesSource(
  { to, from, lists }: Extract<Step, { kind: 'trees' }>,
  language: Language,
): SourceParts {
  const named = [
    ['roots', 'int32', lists.roots],
    ['features', 'int32', lists.features],
    ['splits', 'double', lists.splits],
    ['missing', 'int32', lists.missingTrue],
    ['yes', 'int32', lists.whenTrue],
    ['no', 'int32', lists.whenFalse],
    ['set_starts', 'int32', lists.setStarts],
    ['set_sizes', 'int32', lists.setSizes],
    ['members', 'double', lists.members],
    ['targets', 'int32', lists.leafTargets],
    ['leaves', 'double', lists.leafValues],
  ] as const
  const names = named.map(([name]) => `${name}_${to.id}`)
  return {
    tables: named.map(([name, type, values]) => language.table(`${name}_${to.id}`, type, values)),
    statements: [
      language.room(to),
      `sumTrees(v${from.id}, v${to.id}, ${to.width}, ${lists.roots.length}, ${names.join(', ')});`,
    ],
  }
}
