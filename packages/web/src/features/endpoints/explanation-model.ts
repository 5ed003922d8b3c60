/** An answer of the Open Inference Protocol with its explanation, as the page shows it. */
export interface ExplainedAnswer {
  readonly id: string
  /** Outputs of the model by name, as text. */
  readonly outputs: readonly { readonly name: string; readonly text: string }[]
  /** What ground truth would say if the answer is right: the label, else the only number. */
  readonly verdict: string | number | boolean | null
  readonly explanation: AnswerExplanation | null
}

export interface AnswerExplanation {
  readonly method: string
  readonly exact: boolean
  readonly link: string
  readonly background: string
  readonly targets: readonly ExplainedTarget[]
}

export interface ExplainedTarget {
  readonly name: string
  readonly base: number
  readonly score: number
  /** Largest first. */
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly feature: string
  readonly value: number
  /** Share of the largest value, for the length of the bar. */
  readonly share: number
}

interface Tensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly data: readonly unknown[]
}

const shownBars = 12

export function explainedAnswer(body: unknown): ExplainedAnswer {
  const answer = body as {
    readonly id?: string
    readonly outputs?: readonly Tensor[]
    readonly parameters?: Readonly<Record<string, unknown>>
  }
  const tensors = new Map((answer.outputs ?? []).map((tensor) => [tensor.name, tensor]))
  const own = [...tensors.values()].filter(({ name }) => !explainingOutputs.has(name))
  return {
    id: answer.id ?? '',
    outputs: own.map(({ name, data }) => ({ name, text: data.map(textOf).join(', ') })),
    verdict: verdictOf(own),
    explanation: explanationOf(tensors, answer.parameters ?? {}),
  }
}

const explainingOutputs: ReadonlySet<string> = new Set([
  'shap_values',
  'shap_base_values',
  'shap_features',
  'shap_targets',
])

/** Of a classification the label; of a regression its number. */
function verdictOf(outputs: readonly Tensor[]): ExplainedAnswer['verdict'] {
  const single = outputs.filter(({ data }) => data.length === 1)
  const label = single.find(({ datatype }) => !datatype.startsWith('FP'))
  const value = (label ?? single[0])?.data[0]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : null
}

function explanationOf(
  tensors: ReadonlyMap<string, Tensor>,
  parameters: Readonly<Record<string, unknown>>,
): AnswerExplanation | null {
  const values = tensors.get('shap_values')?.data
  const bases = tensors.get('shap_base_values')?.data
  const features = tensors.get('shap_features')?.data.map(String)
  const names = tensors.get('shap_targets')?.data.map(String)
  if (!values || !bases || !features || !names) return null
  const targets = names.map((name, target): ExplainedTarget => {
    const own = features.map((feature, i) => ({
      feature,
      value: Number(values[target * features.length + i]),
    }))
    const base = Number(bases[target])
    const score = own.reduce((sum, { value }) => sum + value, base)
    const sorted = own.sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    const largest = Math.abs(sorted[0]?.value ?? 0)
    const shown = sorted.slice(0, shownBars)
    const rest = sorted.slice(shownBars)
    const others =
      rest.length === 0
        ? []
        : [
            {
              feature: `${rest.length} others`,
              value: rest.reduce((sum, { value }) => sum + value, 0),
            },
          ]
    const bars = [...shown, ...others].map((bar) => ({
      ...bar,
      share: largest > 0 ? Math.min(1, Math.abs(bar.value) / largest) : 0,
    }))
    return { name, base, score, bars }
  })
  const fromLog = parameters['shap_background_source'] === 'log'
  return {
    method: String(parameters['shap_method'] ?? ''),
    exact: parameters['shap_exact'] === true,
    link: String(parameters['shap_link'] ?? 'identity'),
    background: fromLog ? `${String(parameters['shap_background_rows'])} logged rows` : 'zeros',
    targets,
  }
}

/** The target that is shown first: the one with the highest score. */
export const leadingTarget = ({ targets }: AnswerExplanation): number =>
  targets.reduce((best, { score }, i) => (score > targets[best]!.score ? i : best), 0)

/** What was typed as ground truth: a number or truth value where it reads as one and the answer is of that kind. */
export function truthOf(
  text: string,
  verdict: ExplainedAnswer['verdict'],
): string | number | boolean {
  const trimmed = text.trim()
  if (typeof verdict === 'number' && trimmed !== '' && Number.isFinite(Number(trimmed))) {
    return Number(trimmed)
  }
  if (typeof verdict === 'boolean' && (trimmed === 'true' || trimmed === 'false')) {
    return trimmed === 'true'
  }
  return trimmed
}

const textOf = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value)
