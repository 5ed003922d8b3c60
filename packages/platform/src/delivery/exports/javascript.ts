import type { ModelSignature, TensorSpec } from '@kaizen/contracts'
import type { RowProgram, Slot } from './row-program.ts'
import { type Language, stepSource } from './step-source.ts'

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

const javascript: Language = {
  counter: 'let',
  table: (name, type, values) =>
    type === 'string'
      ? `const ${name} = ${JSON.stringify(values)};`
      : `const ${name} = [${values.map((value) => numberText(Number(value))).join(',')}];`,
  room: ({ id, width }: Slot) => `const v${id} = new Array(${width}).fill(0);`,
  number: numberText,
  toFloat: (expression) => `Math.fround(${expression})`,
  isNaN: (expression) => `Number.isNaN(${expression})`,
  exp: 'Math.exp',
  compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
}

const functions = `
function number(row, name) {
  const value = row[name];
  if (value === null) return NaN;
  if (typeof value !== 'number') throw new TypeError(\`\${name}: a number is needed, or null where it is missing\`);
  return value;
}
function numbers(row, name, width) {
  const values = row[name];
  const fits = (Array.isArray(values) || ArrayBuffer.isView(values)) && values.length === width;
  if (!fits) throw new TypeError(\`\${name}: a list of \${width} numbers is needed\`);
  return Array.from(values, (_, i) => number(values, i));
}
function text(row, name) {
  const value = row[name];
  if (value === null) return '';
  if (typeof value !== 'string') throw new TypeError(\`\${name}: a text is needed, or null where it is missing\`);
  return value;
}
function lookup(key, keys, values, count, otherwise) {
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (keys[middle] === key) return values[middle];
    if (keys[middle] < key) low = middle + 1;
    else high = middle - 1;
  }
  return otherwise;
}
function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
function softmax(from, to, width) {
  let largest = from[0];
  for (let i = 1; i < width; i++) if (from[i] > largest) largest = from[i];
  let sum = 0;
  for (let i = 0; i < width; i++) sum += to[i] = Math.exp(from[i] - largest);
  for (let i = 0; i < width; i++) to[i] /= sum;
}
function argMax(values, width) {
  let best = 0;
  for (let i = 1; i < width; i++) if (values[i] > values[best]) best = i;
  return best;
}
function multiply(from, rows, weights, to, columns) {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) to[j] += from[i] * weights[i * columns + j];
  }
}
function sumTrees(x, to, width, trees, roots, features, splits, missing, yes, no, starts, sizes, members, targets, leaves) {
  for (let t = 0; t < trees; t++) {
    let node = roots[t];
    while (node >= 0) {
      const value = x[features[node]];
      let taken = false;
      if (starts[node] < 0) taken = value <= splits[node] || (missing[node] === 1 && Number.isNaN(value));
      else for (let i = 0; i < sizes[node]; i++) taken = taken || members[starts[node] + i] === value;
      node = taken ? yes[node] : no[node];
    }
    to[targets[~node]] += leaves[~node];
  }
}
`.trim()

/** The last line of the module; what stands before it is a script that defines `predict`. */
export const moduleEnd = 'export { predict };\n'

/** A module without imports whose \`predict\` computes the model on one row. */
export function javascriptSource(program: RowProgram): string {
  const tables: string[] = []
  const statements: string[] = []
  for (const step of program.steps) {
    if (step.kind === 'input') {
      const { name } = program.inputs[step.input]!
      statements.push(`const v${step.to.id} = ${readInput(JSON.stringify(name), step.to)};`)
      continue
    }
    const parts = stepSource(step, javascript)
    tables.push(...parts.tables)
    statements.push(...parts.statements)
  }
  const answer = program.outputs.map(
    ({ name, slot }) =>
      `    [${JSON.stringify(name)}]: v${slot.id}${slot.width === 1 ? '[0]' : '.slice()'},`,
  )
  return [
    functions,
    ...tables,
    'function predict(row) {',
    ...statements.map((line) => `  ${line}`),
    '  return {',
    ...answer,
    '  };',
    '}',
    moduleEnd,
  ].join('\n')
}

function readInput(name: string, { type, width }: Slot): string {
  if (type === 'string') return `[text(row, ${name})]`
  const values = width === 1 ? `[number(row, ${name})]` : `numbers(row, ${name}, ${width})`
  return type === 'float' ? `${values}.map(Math.fround)` : values
}

const verify = `import { readFileSync } from 'node:fs';
import { predict } from './model.js';

const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'));
const special = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity };
const valueAt = ({ datatype, data, shape }, row) => {
  const width = shape.length > 1 ? shape[1] : 1;
  const values = data
    .slice(row * width, (row + 1) * width)
    .map((value) => (datatype !== 'BYTES' && typeof value === 'string' ? special[value] : value));
  return width === 1 ? values[0] : values;
};
const { absolute, relative } = golden.tolerance;
const isClose = (a, b) =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= absolute + relative * Math.abs(b);
let different = 0;
for (let row = 0; row < golden.rows; row++) {
  const answer = predict(Object.fromEntries(golden.inputs.map((input) => [input.name, valueAt(input, row)])));
  for (const output of golden.outputs) {
    const wanted = [valueAt(output, row)].flat();
    const found = [answer[output.name]].flat();
    if (wanted.length === found.length && wanted.every((value, i) => isClose(found[i], value))) continue;
    different++;
    console.error(\`row \${row}, \${output.name}: \${found} instead of \${wanted}\`);
  }
}
console.log(\`\${golden.rows} golden rows, \${different} answers differ\`);
process.exitCode = different === 0 ? 0 : 1;
`

/** The package around the module: types, and a program that compares it with the golden set. */
export function javascriptFiles(
  program: RowProgram,
  signature: ModelSignature,
): Readonly<Record<string, string>> {
  return {
    'model.js': javascriptSource(program),
    'model.d.ts': typesSource(signature),
    'verify.js': verify,
    'package.json': `${JSON.stringify(
      {
        name: 'exported-model',
        private: true,
        type: 'module',
        exports: { types: './model.d.ts', default: './model.js' },
        scripts: { test: 'node verify.js', start: 'node server.js' },
      },
      null,
      2,
    )}\n`,
  }
}

function typesSource({ inputs, outputs }: ModelSignature): string {
  const field = (spec: TensorSpec, type: string): string =>
    `  readonly ${JSON.stringify(spec.name)}: ${type};`
  const isList = ({ shape }: TensorSpec): boolean => shape.length > 1 && shape[1] !== 1
  const inputType = (spec: TensorSpec): string => {
    if (isList(spec)) return 'ArrayLike<number | null>'
    return spec.datatype === 'BYTES' ? 'string | null' : 'number | null'
  }
  const outputType = (spec: TensorSpec): string => {
    const one = spec.datatype === 'BYTES' ? 'string' : 'number'
    return isList(spec) ? `${one}[]` : one
  }
  return [
    '/** One row; null where a value is missing. */',
    'export interface Row {',
    ...inputs.map((spec) => field(spec, inputType(spec))),
    '}',
    'export interface Answer {',
    ...outputs.map((spec) => field(spec, outputType(spec))),
    '}',
    'export function predict(row: Row): Answer;',
    '',
  ].join('\n')
}
