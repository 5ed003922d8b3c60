import { KaizenError } from '@kaizen/contracts'
import type { LoadedModel, ModelRuntime, Tensors } from '../../runtime/index.ts'
import { ExplainThread } from './explain-thread-client.ts'
import { featuresOf, joined, zerosLike } from './features.ts'
import { explainedOutput } from './links.ts'
import { type Background, type Explanation, mostExplainedRows } from './model.ts'
import type { ExplainedRows, Found, TreeExplainer } from './tree-explainer.ts'

/** A model as it is explained. */
export interface ExplainedModel {
  readonly model: LoadedModel
  /** Of its content; what is known of its trees is kept under it. */
  readonly digest: string
  /** Where its ONNX file lies; undefined for models of other kinds. */
  readonly source: () => Promise<string | undefined>
}

export interface ExplainQuestion {
  readonly inputs: Tensors
  readonly rows: number
  readonly budgetMs: number
  /** Rows that absent features are taken from; zeros where there are none. */
  readonly background: Background | undefined
}

/** Models whose trees are kept at the same time. */
const mostKept = 8

/** Says how the features of rows add up to the answers of a model. */
export class Explainer implements AsyncDisposable {
  readonly #runtime: ModelRuntime
  readonly #thread = new ExplainThread()
  readonly #kept = new Map<string, Promise<TreeExplainer | undefined>>()
  #numbers = 0

  constructor(runtime: ModelRuntime) {
    this.#runtime = runtime
  }

  /** @throws TOO_LARGE, UNSUPPORTED, OVERLOADED, UNAVAILABLE */
  async explain(explained: ExplainedModel, question: ExplainQuestion): Promise<Explanation> {
    const startedAt = performance.now()
    const { model } = explained
    const { inputs, rows, budgetMs } = question
    if (rows > mostExplainedRows) {
      throw new KaizenError(
        'TOO_LARGE',
        `at most ${mostExplainedRows} rows are explained at once`,
        {
          hint: 'Ask for fewer rows, or without explain.',
        },
      )
    }
    if (rows === 0) throw new KaizenError('INVALID_REQUEST', 'there is no row to explain')
    const features = featuresOf(model.signature, inputs, rows)
    const background = fitting(question.background, inputs) ?? {
      tensors: zerosLike(inputs),
      rows: 1,
      source: 'zeros',
    }
    const both = joined(inputs, background.tensors)
    const total = rows + background.rows
    const output = explainedOutput(model.signature, await model.run(both), total)
    if (!output.data.every(Number.isFinite)) {
      throw new KaizenError(
        'UNSUPPORTED',
        'the model answers no finite number, which nothing adds up to',
      )
    }
    const asked = { features, rows, inputs, background, output, budgetMs }
    const found = (await this.#byTrees(explained, asked)) ?? (await walked(model, asked))
    const { bases, backgroundRows, ...rest } = found
    const several = output.targets > 1
    return {
      ...rest,
      output: output.name,
      features: features.map(({ name }) => name),
      targets: bases.map((base, i) => ({
        name: several ? `${output.name}[${i}]` : output.name,
        label: output.labels[i],
        base,
      })),
      rows,
      background: { rows: backgroundRows, source: background.source },
      evaluations: found.evaluations + total,
      budgetMs,
      tookMs: performance.now() - startedAt,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const kept = [...this.#kept.values()]
    this.#kept.clear()
    for (const opening of kept)
      await (await opening.catch(() => undefined))?.[Symbol.asyncDispose]()
    await this.#thread[Symbol.asyncDispose]()
  }

  async #byTrees(explained: ExplainedModel, asked: ExplainedRows): Promise<Found | undefined> {
    const trees = await this.#treesOf(explained)
    return trees?.explain(asked)
  }

  /** In order of use, the model used longest ago first. */
  async #treesOf({ digest, source }: ExplainedModel): Promise<TreeExplainer | undefined> {
    const known = this.#kept.get(digest)
    this.#kept.delete(digest)
    const opened = await known?.catch(() => undefined)
    const usable = known && (!opened || opened.isAlive)
    if (opened && !usable) void opened[Symbol.asyncDispose]()
    const opening = usable ? known : this.#open(source)
    this.#kept.set(digest, opening)
    for (const [oldest, old] of this.#kept) {
      if (this.#kept.size <= mostKept) break
      this.#kept.delete(oldest)
      void old.then((trees) => trees?.[Symbol.asyncDispose]()).catch(() => undefined)
    }
    try {
      return await opening
    } catch (failure) {
      if (this.#kept.get(digest) === opening) this.#kept.delete(digest)
      throw failure
    }
  }

  async #open(source: ExplainedModel['source']): Promise<TreeExplainer | undefined> {
    const file = await source()
    if (file === undefined) return undefined
    const deps = { thread: this.#thread, runtime: this.#runtime }
    // Loaded with the first question, as is the other: few servers are asked why.
    const { TreeExplainer } = await import('./tree-explainer.ts')
    return TreeExplainer.open(deps, ++this.#numbers, file)
  }
}

async function walked(model: LoadedModel, asked: ExplainedRows): Promise<Found> {
  const { WalkExplainer } = await import('./walk-explainer.ts')
  return new WalkExplainer(model, asked).explain()
}

/** A background whose rows have as many places as the rows explained. */
function fitting(background: Background | undefined, inputs: Tensors): Background | undefined {
  if (!background || background.rows === 0) return undefined
  const same = Object.entries(inputs).every(([name, { datatype, shape }]) => {
    const other = background.tensors[name]
    return (
      other?.datatype === datatype &&
      other.shape.length === shape.length &&
      shape.every((size, i) => i === 0 || size === other.shape[i])
    )
  })
  return same ? background : undefined
}
