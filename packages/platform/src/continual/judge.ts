import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import { decideGate, type GateInput, type Predictions, score } from '../evaluation/index.ts'
import { literal, type Table, type TableColumn } from '../storage/index.ts'
import type {
  ArmPredictions,
  ArmState,
  CandidateRecord,
  ContinualDeps,
  EndpointView,
  GateDecision,
  PolicyRecord,
} from './model.ts'

/** The arm that answers most of the traffic; null while there is none. */
export const championOf = (view: Pick<EndpointView, 'arms'>): ArmState | null =>
  view.arms
    .filter(({ mode }) => mode === 'live')
    .reduce<ArmState | null>((most, arm) => (most && most.weight >= arm.weight ? most : arm), null)

/** What an arm serves, where no alias can move it. */
export const armUri = ({
  model,
  modelName,
  version,
}: Pick<ArmState, 'model' | 'modelName' | 'version'>): string => {
  if (model.startsWith('ensembles:/')) return `ensembles:/${modelName}/${version}`
  return model.startsWith('models:/') ? modelUri(modelName, version) : model
}

/** Classes that a model answers as whole numbers are labels where the other model answers labels. */
const asTask = (task: Predictions['task'], predictions: Predictions): Predictions =>
  task === 'classification' &&
  predictions.task === 'regression' &&
  predictions.values.every(Number.isInteger)
    ? { task, labels: Array.from(predictions.values, String), probabilities: null }
    : predictions

export const modelUri = (name: string, version: number): string => `models:/${name}/${version}`

/** A model file of a pipeline run. */
export interface TrainedModel {
  readonly digest: string
  readonly sizeBytes: number
  /** The tracked run that its parameters and metrics were logged to. */
  readonly trackingRunId: string | null
}

export type JudgeDeps = Pick<ContinualDeps, 'runtime' | 'blobs' | 'data' | 'lake'> & {
  readonly serving: Pick<ContinualDeps['serving'], 'identify' | 'load'>
}

/** Scores models on rows of a dataset and of the prediction log; reads only. */
export class Judge {
  readonly #deps: JudgeDeps

  constructor(deps: JudgeDeps) {
    this.#deps = deps
  }

  /** Candidate and champion on the same holdout rows, through the gate. */
  async judge(
    policy: PolicyRecord,
    candidate: CandidateRecord,
    given: {
      readonly model: TrainedModel
      readonly champion: ArmState | null
      readonly target: string
    },
  ): Promise<GateDecision> {
    const { gate, dataset } = policy.declaration
    const { model, champion, target } = given
    const rows = await this.#rows(dataset, candidate.datasetVersion, {
      from: candidate.holdoutFrom,
      to: candidate.holdoutTo,
    })
    const truth = rows.columns.find(({ name }) => name === target)
    if (!truth) {
      throw new KaizenError(
        'INVALID_DATA',
        `dataset "${dataset}" has no target column "${target}"`,
        {
          hint: "Declare the endpoint's target as a column of the policy's dataset.",
        },
      )
    }
    const own = await this.#score(model.digest, rows, gate.maxLatencyMs !== undefined)
    return decideGate({
      rule: gate,
      actuals: actualsOf(truth),
      candidate: own.predictions,
      champion: champion
        ? await this.#scoreChampion(champion, rows, own.predictions.task)
        : { kind: 'none' },
      latencyMs: own.latencyMs,
      sizeBytes: model.sizeBytes,
      seed: candidate.number,
    })
  }

  /** The rows that a model was trained on, as its inputs see them, and what it answers for them. */
  async reference(
    policy: PolicyRecord,
    candidate: CandidateRecord,
    model: { readonly digest: string; readonly signature: ModelSignature },
  ): Promise<{ readonly table: Table; readonly prediction: TableColumn }> {
    const [from, to] = policy.declaration.refit
      ? [candidate.refitFrom, candidate.refitTo]
      : [candidate.trainFrom, candidate.trainTo]
    const rows = await this.#rows(policy.declaration.dataset, candidate.datasetVersion, {
      from,
      to,
    })
    const { predictions } = await this.#score(model.digest, rows, false)
    return { table: inputsOf(rows, model.signature), prediction: answersOf(predictions) }
  }

  /** What a version answers for rows that another one has answered. */
  async answers(uri: string, rows: Pick<ArmPredictions, 'inputs'>): Promise<Predictions> {
    const { serving } = this.#deps
    const { digest } = await serving.identify(uri)
    return (await score(() => serving.load(digest), rows.inputs)).predictions
  }

  /** Whatever answers now, in Python or on another server too, is held against the candidate. */
  async #scoreChampion(
    champion: ArmState,
    rows: Table,
    task: Predictions['task'],
  ): Promise<GateInput['champion']> {
    const { version } = champion
    try {
      const predictions = await this.answers(armUri(champion), { inputs: rows })
      return { kind: 'scored', version, predictions: asTask(task, predictions) }
    } catch (failure) {
      // A champion that cannot answer the rows is a fact for the gate; a broken platform is not.
      if (failure instanceof KaizenError && failure.kind !== 'unavailable')
        return { kind: 'unscored', version, reason: failure.message }
      throw failure
    }
  }

  async #score(digest: string, rows: Table, latency: boolean): ReturnType<typeof score> {
    const { runtime, blobs } = this.#deps
    return score(async () => runtime.load(await blobs.localPath(digest)), rows, { latency })
  }

  async #rows(
    dataset: string,
    version: number | null,
    span: { readonly from: number | null; readonly to: number | null },
  ): Promise<Table> {
    const { data, lake } = this.#deps
    const window = await data.window(dataset, version ?? 'latest', {
      from: span.from ?? undefined,
      to: span.to ?? undefined,
    })
    return lake.query(`SELECT * FROM read_parquet(${literal(window.path)})`)
  }
}

const actualsOf = ({ values }: TableColumn): GateInput['actuals'] =>
  Array.from(values as ArrayLike<number | string | boolean | null>, (value) =>
    typeof value === 'number' && Number.isNaN(value) ? null : value,
  )

/** Columns by the names of a model's inputs; what the model takes as text is text, so that it counts as categories. */
function inputsOf(rows: Table, { inputs }: ModelSignature): Table {
  const columns = inputs.flatMap(({ name, datatype }): readonly TableColumn[] => {
    const column = rows.columns.find((candidate) => candidate.name === name)
    if (!column) return []
    if (datatype !== 'BYTES' || column.type === 'string') return [column]
    const text = Array.from(column.values as ArrayLike<unknown>, (value) =>
      value === null || Number.isNaN(value) ? null : String(value),
    )
    return [{ name, type: 'string', values: text }]
  })
  return { rowCount: rows.rowCount, columns }
}

const answersOf = (predictions: Predictions): TableColumn =>
  predictions.task === 'regression'
    ? { name: 'prediction', type: 'number', values: predictions.values }
    : { name: 'prediction', type: 'string', values: predictions.labels }
