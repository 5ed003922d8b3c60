import { KaizenError, type TensorSpec } from '@kaizen/contracts'
import { parse } from 'yaml'
import { z } from 'zod'

/** How the worker makes the function that predicts. */
export type LoadPlan = Loader & {
  /** What it is given: columns of a data frame, one array, or arrays by name. */
  readonly form: 'columns' | 'matrix' | 'tensors'
}

/** Folders of the model that its modules are imported from, and what is loaded in which way. */
type Loader = { readonly code: readonly string[] } & (
  | {
      readonly kind: 'estimator'
      readonly path: string
      readonly pickle: 'pickle' | 'cloudpickle'
      readonly function: string
    }
  | { readonly kind: 'loader'; readonly module: string; readonly path: string }
  | { readonly kind: 'mlflow' }
  /** A function of a file, given arrays by name. */
  | { readonly kind: 'function'; readonly path: string; readonly function: string }
  | { readonly kind: 'typescript'; readonly path: string; readonly function: string }
)

/** A tensor and what it stands for in the model. */
export interface PythonSpec extends TensorSpec {
  readonly kind: 'datetime' | 'plain'
}

export interface PythonModelDescription {
  readonly plan: LoadPlan
  readonly inputs: readonly PythonSpec[]
  readonly outputs: readonly PythonSpec[]
  /** It may be given the rows of several requests at once, where it answers them as it answers each alone. */
  readonly isRowWise?: boolean
}

const described = z.object({
  flavors: z.record(z.string(), z.record(z.string(), z.unknown())),
  signature: z.object({ inputs: z.string().nullish(), outputs: z.string().nullish() }).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
})

const column = z.object({ type: z.string(), name: z.union([z.string(), z.number()]).optional() })
const tensor = z.object({
  type: z.literal('tensor'),
  name: z.string().optional(),
  'tensor-spec': z.object({ dtype: z.string(), shape: z.array(z.number().int().min(-1)) }),
})
const schema = z.array(z.union([tensor, column])).min(1)

const columnTypes: Readonly<Record<string, string>> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
  datetime: 'BYTES',
}
const arrayTypes: Readonly<Record<string, string>> = {
  bool: 'BOOL',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  object: 'BYTES',
  str: 'BYTES',
}

/** What a model says under its metadata whose answers depend on the rows beside them. */
const batchingKey = 'kaizen_batching'

const invalid = (problem: string, hint: string): KaizenError =>
  new KaizenError('INVALID_MODEL', `the MLmodel file: ${problem}`, { hint })

const askForSignature =
  'Log the model again with input_example=… or signature=infer_signature(inputs, predictions).'

/** What an MLmodel file says about a model for Python. @throws INVALID_MODEL */
export function describeMlModel(text: string): PythonModelDescription {
  const { flavors, signature, metadata } = parsed(text)
  const loader = loaderOf(flavors)
  const inputs = specsOf('inputs', signature?.inputs)
  const outputs = specsOf('outputs', signature?.outputs)
  const form = inputs.isTable ? 'columns' : inputs.isNamed ? 'tensors' : 'matrix'
  return {
    plan: { form, ...loader },
    inputs: inputs.specs,
    outputs: outputs.specs,
    isRowWise: metadata?.[batchingKey] !== false,
  }
}

function parsed(text: string): z.output<typeof described> {
  let content: unknown
  try {
    // Aliases are a way to make a small file expand without end.
    content = parse(text, { maxAliasCount: 0 })
  } catch (failure) {
    const [line] = (failure as Error).message.split('\n')
    throw invalid(`it is not YAML: ${line}`, 'Log the model again.')
  }
  const checked = described.safeParse(content)
  if (checked.success) return checked.data
  throw invalid('it names no flavors', 'Log the model again with a client of MLflow.')
}

/** Estimators are read without mlflow: that takes a fraction of the time and memory. */
function loaderOf(flavors: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Loader {
  const python = flavors['python_function']
  if (!python) {
    const names = Object.keys(flavors).slice(0, 10).join(', ')
    throw invalid(`there is no python_function among its flavors ${names}`, 'Log it as a pyfunc.')
  }
  const code = typeof python['code'] === 'string' ? [inside(python['code'])] : []
  const module = String(python['loader_module'] ?? '')
  const estimator = flavors['sklearn']
  const pickle = estimator?.['serialization_format']
  if (
    module === 'mlflow.sklearn' &&
    estimator &&
    (pickle === 'pickle' || pickle === 'cloudpickle')
  ) {
    const path = inside(String(estimator['pickled_model'] ?? 'model.pkl'))
    const name = String(python['predict_fn'] ?? 'predict')
    return { kind: 'estimator', code, path, pickle, function: name }
  }
  if (module !== '' && !module.startsWith('mlflow.')) {
    return { kind: 'loader', code, module, path: inside(String(python['data'] ?? '')) }
  }
  return { kind: 'mlflow', code }
}

/** Paths of a model stay in its folder. @throws INVALID_MODEL */
function inside(path: string): string {
  if (!path.startsWith('/') && !path.split(/[\\/]/).includes('..')) return path
  throw invalid('it names a file outside of its folder', 'Log the model again.')
}

interface Specs {
  readonly specs: readonly PythonSpec[]
  readonly isTable: boolean
  readonly isNamed: boolean
}

function specsOf(side: 'inputs' | 'outputs', text: string | null | undefined): Specs {
  if (!text) throw invalid(`its signature has no ${side}`, askForSignature)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw invalid(`the ${side} of its signature are not JSON`, askForSignature)
  }
  const checked = schema.safeParse(content)
  if (!checked.success) throw invalid(`the ${side} of its signature are none`, askForSignature)
  const items = checked.data
  const [first] = items
  const alone = items.length === 1 && first?.name === undefined
  const specs = items.map((item, i): PythonSpec => {
    const name = alone ? (side === 'inputs' ? 'inputs' : 'predictions') : String(item.name ?? i)
    return specOf(side, name, item)
  })
  if (new Set(specs.map(({ name }) => name)).size !== specs.length) {
    throw invalid(`a name stands twice among the ${side} of its signature`, askForSignature)
  }
  return { specs, isTable: !(first && 'tensor-spec' in first), isNamed: first?.name !== undefined }
}

function specOf(
  side: string,
  name: string,
  item: z.output<typeof tensor> | z.output<typeof column>,
): PythonSpec {
  if ('tensor-spec' in item) {
    const { dtype, shape } = item['tensor-spec']
    const whole = /^(u?)int(8|16|32|64)$/.exec(dtype)
    const text = /^[<>|=]?U\d*$/.test(dtype)
    const datatype = whole
      ? `${whole[1] === 'u' ? 'UINT' : 'INT'}${whole[2]}`
      : text
        ? 'BYTES'
        : arrayTypes[dtype]
    if (datatype) return { name, datatype, shape, kind: 'plain' }
    throw invalid(`"${name}" of its ${side} is of ${dtype}`, 'Use numbers, booleans or text.')
  }
  const datatype = Object.hasOwn(columnTypes, item.type) ? columnTypes[item.type] : undefined
  if (!datatype) {
    throw invalid(
      `"${name}" of its ${side} is of the type ${item.type}`,
      'Use numbers, booleans or text.',
    )
  }
  return { name, datatype, shape: [-1, 1], kind: item.type === 'datetime' ? 'datetime' : 'plain' }
}
