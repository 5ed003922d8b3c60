import { KaizenError } from '@kaizen/contracts'
import { type GoldenSet, goldenColumn } from './golden-set.ts'
import type { Port, RowProgram, Slot, ValueType } from './row-program.ts'
import { type Language, stepSource } from './step-source.ts'

const types: Readonly<Record<ValueType | 'int32', string>> = {
  double: 'double',
  float: 'float',
  int64: 'int64_t',
  int32: 'int32_t',
  string: 'char *const',
  bool: 'int',
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NAN'
  if (!Number.isFinite(value)) return value > 0 ? 'INFINITY' : '-INFINITY'
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

/** A literal of UTF-8 bytes; all but letters, digits and plain punctuation is written as octal. */
function stringText(value: string): string {
  if (value.includes('\0')) {
    throw new KaizenError('UNSUPPORTED', 'C cannot hold a category or class with a NUL in it', {
      hint: 'Export with --to javascript or --to onnx.',
    })
  }
  const bytes = Array.from(Buffer.from(value), (byte) => {
    const plain = byte >= 32 && byte < 127 && !'"\\?'.includes(String.fromCharCode(byte))
    return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
  })
  return `"${bytes.join('')}"`
}

const valueText = (type: ValueType | 'int32', value: number | string): string => {
  if (type === 'string') return stringText(String(value))
  if (type === 'double') return numberText(Number(value))
  return type === 'float' ? `(float)${numberText(Number(value))}` : String(value)
}

const c: Language = {
  counter: 'int',
  table: (name, type, values) => {
    // An array needs an element, and an empty list is never read.
    const written = values.length === 0 ? ['0'] : values.map((value) => valueText(type, value))
    return `static const ${types[type]} ${name}[] = {${written.join(',')}};`
  },
  room: ({ id, type, width }: Slot) =>
    type === 'string' ? `const char *v${id}[${width}];` : `${types[type]} v${id}[${width}] = {0};`,
  number: numberText,
  toFloat: (expression) => `(float)(${expression})`,
  isNaN: (expression) => `isnan(${expression})`,
  exp: 'exp',
  compare: (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)),
}

const head = `#include "model.h"

#include <math.h>
#include <string.h>
`

/** What the steps call, by name: only what a model uses is written, so that a compiler has nothing to warn of. */
const functions: Readonly<Record<string, string>> = {
  lookup: `static double lookup(const char *key, const char *const *keys, const double *values, int count, double otherwise) {
  int low = 0, high = count - 1;
  while (low <= high) {
    int middle = low + (high - low) / 2;
    int order = strcmp(keys[middle], key);
    if (order == 0) return values[middle];
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return otherwise;
}`,
  sigmoid: `static double sigmoid(double x) {
  double e = exp(-fabs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}`,
  softmax: `static void softmax(const double *from, double *to, int width) {
  double largest = from[0], sum = 0;
  for (int i = 1; i < width; i++) if (from[i] > largest) largest = from[i];
  for (int i = 0; i < width; i++) sum += to[i] = exp(from[i] - largest);
  for (int i = 0; i < width; i++) to[i] /= sum;
}`,
  argMax: `static int argMax(const double *values, int width) {
  int best = 0;
  for (int i = 1; i < width; i++) if (values[i] > values[best]) best = i;
  return best;
}`,
  multiply: `static void multiply(const double *from, int rows, const double *weights, double *to, int columns) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) to[j] += from[i] * weights[i * columns + j];
}`,
  sumTrees: `static void sumTrees(const double *x, double *to, int width, int trees, const int32_t *roots,
                     const int32_t *features, const double *splits, const int32_t *missing, const int32_t *yes,
                     const int32_t *no, const int32_t *starts, const int32_t *sizes, const double *members,
                     const int32_t *targets, const double *leaves) {
  (void)width;
  for (int t = 0; t < trees; t++) {
    int32_t node = roots[t];
    while (node >= 0) {
      double value = x[features[node]];
      int taken = 0;
      if (starts[node] < 0) taken = value <= splits[node] || (missing[node] && isnan(value));
      else for (int32_t i = 0; i < sizes[node]; i++) taken |= members[starts[node] + i] == value;
      node = taken ? yes[node] : no[node];
    }
    to[targets[~node]] += leaves[~node];
  }
}`,
}

/** Names of fields: of a port's name what C allows, with a prefix that no keyword has; of equal ones each its place. */
function fieldNames(prefix: string, ports: readonly Port[]): readonly string[] {
  const taken = new Set<string>()
  return ports.map(({ name }, index) => {
    const plain = `${prefix}_${name.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 60)}`
    const field = taken.has(plain) ? `${plain}_at_${index}` : plain
    taken.add(field)
    return field
  })
}

const fieldSource = ({ name, slot }: Port, field: string): string => {
  const type = slot.type === 'string' ? 'const char *' : `${types[slot.type]} `
  const size = slot.width === 1 ? '' : `[${slot.width}]`
  // The name comes from the model's file: nothing in it may end the comment.
  const shown = JSON.stringify(name)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll(/[*/\\?]/g, '.')
  return `  ${type}${field}${size}; /* ${shown} */`
}

function headerSource({ inputs, outputs }: RowProgram): string {
  const fields = (prefix: string, ports: readonly Port[]): readonly string[] => {
    const names = fieldNames(prefix, ports)
    return ports.map((port, i) => fieldSource(port, names[i]!))
  }
  return [
    '#ifndef EXPORTED_MODEL_H',
    '#define EXPORTED_MODEL_H',
    '#include <stdint.h>',
    '#ifdef __cplusplus',
    'extern "C" {',
    '#endif',
    '/* One row. A missing number is NAN, a missing text NULL or empty. */',
    'typedef struct {',
    ...fields('x', inputs),
    '} model_input;',
    'typedef struct {',
    ...fields('y', outputs),
    '} model_output;',
    '/* Needs no memory but the stack, keeps no state, and may be called from several threads. */',
    'void model_predict(const model_input *input, model_output *output);',
    '#ifdef __cplusplus',
    '}',
    '#endif',
    '#endif',
    '',
  ].join('\n')
}

function modelSource(program: RowProgram): string {
  const tables: string[] = []
  const statements: string[] = []
  const inputs = fieldNames('x', program.inputs)
  for (const step of program.steps) {
    if (step.kind === 'input') {
      statements.push(...readInput(step.to, `input->${inputs[step.input]}`))
      continue
    }
    const parts = stepSource(step, c)
    tables.push(...parts.tables)
    statements.push(...parts.statements)
  }
  const fields = fieldNames('y', program.outputs)
  for (const [index, { slot }] of program.outputs.entries()) {
    const field = `output->${fields[index]}`
    statements.push(
      slot.width === 1
        ? `${field} = v${slot.id}[0];`
        : `for (int i = 0; i < ${slot.width}; i++) ${field}[i] = v${slot.id}[i];`,
    )
  }
  const body = statements.join('\n')
  const used = Object.entries(functions).filter(([name]) => body.includes(`${name}(`))
  return [
    head,
    ...used.map(([, text]) => text),
    ...tables,
    'void model_predict(const model_input *input, model_output *output) {',
    ...statements.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n')
}

function readInput({ id, type, width }: Slot, field: string): readonly string[] {
  const room = `v${id}[${width}]`
  if (type === 'string') {
    return [`const char *${room} = {${field} ? ${field} : ""};`, `(void)v${id};`]
  }
  const reads =
    width === 1
      ? [`${types[type]} ${room} = {${field}};`]
      : [`${types[type]} ${room};`, `for (int i = 0; i < ${width}; i++) v${id}[i] = ${field}[i];`]
  return [...reads, `(void)v${id};`]
}

/** A program that holds the golden set and compares the model with it. */
function verifySource(program: RowProgram, golden: GoldenSet): string {
  const initial = (ports: readonly Port[], tensors: GoldenSet['inputs'], row: number): string =>
    ports
      .map(({ name, slot }) => {
        const values = goldenColumn(tensors, name, row).map((value) => valueText(slot.type, value))
        return slot.width === 1 ? values[0]! : `{${values.join(',')}}`
      })
      .join(', ')
  const rows = Array.from({ length: golden.rows }, (_, row) => row)
  const fields = fieldNames('y', program.outputs)
  const checks = program.outputs.map(({ slot }, i) => {
    const field = fields[i]!
    if (slot.width > 1) {
      return `for (int i = 0; i < ${slot.width}; i++) different += !is_close(found.${field}[i], answers[row].${field}[i]);`
    }
    if (slot.type === 'string')
      return `different += strcmp(found.${field}, answers[row].${field}) != 0;`
    if (slot.type === 'int64') return `different += found.${field} != answers[row].${field};`
    return `different += !is_close(found.${field}, answers[row].${field});`
  })
  const { absolute, relative } = golden.tolerance
  return [
    '#include <math.h>',
    '#include <stdio.h>',
    '#include <string.h>',
    '#include "model.h"',
    `static const model_input rows[] = {\n${rows.map((row) => `  {${initial(program.inputs, golden.inputs, row)}},`).join('\n')}\n};`,
    `static const model_output answers[] = {\n${rows.map((row) => `  {${initial(program.outputs, golden.outputs, row)}},`).join('\n')}\n};`,
    'static int is_close(double a, double b) {',
    '  if (a == b || (isnan(a) && isnan(b))) return 1;',
    `  return fabs(a - b) <= ${numberText(absolute)} + ${numberText(relative)} * fabs(b);`,
    '}',
    'int main(void) {',
    '  int different = 0;',
    `  for (int row = 0; row < ${golden.rows}; row++) {`,
    '    model_output found;',
    '    model_predict(&rows[row], &found);',
    ...checks.map((line) => `    ${line}`),
    '  }',
    `  printf("${golden.rows} golden rows, %d answers differ\\n", different);`,
    '  return different != 0;',
    '}',
    '',
  ].join('\n')
}

// Multiplication and addition are not fused: the runtime rounds between them.
const makefile = `CC ?= cc
CFLAGS ?= -O2 -std=c99 -Wall -Wextra
verify: verify.c model.c model.h
\t$(CC) $(CFLAGS) -ffp-contract=off -o $@ verify.c model.c -lm
test: verify
\t./verify
.PHONY: test
`

/**
 * The model as C99 with nothing but the standard library, and a program that compares it with the golden set.
 * @throws UNSUPPORTED for texts that C cannot hold
 */
export function cFiles(program: RowProgram, golden: GoldenSet): Readonly<Record<string, string>> {
  return {
    'model.h': headerSource(program),
    'model.c': modelSource(program),
    'verify.c': verifySource(program, golden),
    Makefile: makefile,
  }
}
