import { runInNewContext } from 'node:vm'
import { type ExportTarget, KaizenError } from '@kaizen/contracts'
import type { ModelRuntime } from '../../runtime/index.ts'
import { bundleOf, programOf } from './bundle.ts'
import { type GoldenSet, type GoldenTensor, goldenColumn, goldenSet } from './golden-set.ts'
import { javascriptSource, moduleEnd } from './javascript.ts'
import { type ExportedModel, largestBytes } from './model.ts'
import { probesOf } from './probes.ts'
import type { RowProgram } from './row-program.ts'
import type { FileMap } from './tar.ts'
import { targetPlans } from './targets.ts'

/** Larger models are not written as source: compilers need minutes for them. */
const largestSourceBytes = 16 * 2 ** 20
const checkTimeoutMs = 10_000

export type ExportSource = Omit<ExportedModel, 'signature'>

/**
 * Writes a model for a target and checks what was written against the runtime.
 * @throws INVALID_MODEL, TOO_LARGE, UNSUPPORTED with the reason
 */
export async function exportBundle(
  runtime: ModelRuntime,
  target: ExportTarget,
  source: ExportSource,
): Promise<FileMap> {
  const isSource = targetPlans[target].needsSource
  const most = isSource ? largestSourceBytes : largestBytes
  if (source.content.length > most) {
    throw new KaizenError('TOO_LARGE', `models over ${most / 2 ** 20} MiB are not exported`, {
      hint: isSource ? 'Export it with --to onnx.' : 'Download its file from the registry.',
    })
  }
  const loaded = await runtime.load(source.content)
  try {
    const model = { ...source, signature: loaded.signature }
    const small = source.content.length <= largestSourceBytes
    const program = small ? programOf(target, model) : undefined
    const golden = await goldenSet(loaded, program ? probesOf(program) : new Map())
    if (program && target !== 'onnx' && target !== 'browser') checkProgram(program, golden)
    return bundleOf({ target, model, golden, program })
  } finally {
    await loaded.close()
  }
}

/**
 * Runs the JavaScript of a program on the golden inputs. The C of the same program does the same steps, and its bundle
 * holds the program that compares it on the machine that it is built for.
 */
function checkProgram(program: RowProgram, golden: GoldenSet): void {
  const script = javascriptSource(program).slice(0, -moduleEnd.length)
  const rows = Array.from({ length: golden.rows }, (_, row) =>
    Object.fromEntries(
      program.inputs.map(({ name, slot }) => {
        const values = goldenColumn(golden.inputs, name, row)
        return [name, slot.width === 1 ? values[0] : values]
      }),
    ),
  )
  const answers = runInNewContext(
    `${script}\nrows.map(predict)`,
    { rows },
    { timeout: checkTimeoutMs },
  ) as readonly Readonly<Record<string, unknown>>[]
  for (const output of golden.outputs) {
    const row = answers.findIndex(
      (answer, at) => !isSame(golden, output, [answer[output.name], at]),
    )
    if (row < 0) continue
    throw new KaizenError(
      'UNSUPPORTED',
      `the source written for this model answers "${output.name}" of golden row ${row} differently than the runtime`,
      {
        hint: 'Export it with --to onnx, and report the model: its source should answer the same.',
      },
    )
  }
}

function isSame(
  { tolerance }: GoldenSet,
  output: GoldenTensor,
  [answer, row]: readonly [unknown, number],
): boolean {
  const wanted = goldenColumn([output], output.name, row)
  const found = (typeof answer === 'object' ? answer : [answer]) as readonly unknown[]
  return wanted.every((value, i) => {
    if (Object.is(value, found[i]) || value === found[i]) return true
    if (typeof value === 'string') return false
    const bound = tolerance.absolute + tolerance.relative * Math.abs(value)
    return Math.abs(Number(found[i]) - value) <= bound
  })
}
