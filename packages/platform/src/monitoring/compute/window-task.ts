import { answerColumn, loggedPredictions } from '../../evaluation/index.ts'
import type { Table } from '../../storage/index.ts'
import { outlierCheck, schemaChecks } from '../checks.ts'
import { costsOf } from '../cost.ts'
import { contentDrift } from '../drift/content-drift.ts'
import {
  type ContentColumns,
  contentReference,
  hasContent,
  isContent,
} from '../drift/content-reference.ts'
import { driftOf } from '../drift/drift.ts'
import { influencesOf } from '../drift/influence.ts'
import { calibrationFrom, profileOf } from '../drift/reference.ts'
import { segmentDrift } from '../drift/segment-drift.ts'
import { segmentReferences, segmentsWithReference } from '../drift/segment-reference.ts'
import { type SkewDeclaration, skewOf, type TrainedOn } from '../drift/skew.ts'
import { truthProfileOf } from '../drift/truth-drift.ts'
import { variationOf } from '../drift/variation.ts'
import { fairnessOf, segmentVolumes } from '../groups.ts'
import { hostileCheck } from '../hostile.ts'
import { jointOutliers } from '../joint-outliers.ts'
import type {
  LoggedPredictions,
  MonitorDeclaration,
  NewWindow,
  ReferenceProfile,
  TimeSpan,
} from '../model.ts'
import { lossEstimates, lossModelsOf } from '../performance/direct-loss.ts'
import { samplingOf } from '../performance/estimated.ts'
import { type PerformanceInput, performanceOf, versionsOf } from '../performance/performance.ts'
import { membershipsOf } from '../sources/prediction-buckets.ts'
import { trafficChecks } from '../traffic-checks.ts'

/** What is computed of a window, from values alone, so that it can be done in another thread. */
export type WindowTask =
  | {
      readonly kind: 'inputs'
      readonly span: TimeSpan
      readonly declaration: Pick<
        MonitorDeclaration,
        | 'drift'
        | 'columns'
        | 'texts'
        | 'embeddings'
        | 'segments'
        | 'segmentDrift'
        | 'fairness'
        | 'performance'
        | 'outliers'
        | 'cost'
      >
      readonly rows: LoggedPredictions
      /** Null while there is no reference: then nothing is said of drift. */
      readonly profile: ReferenceProfile | null
      /** Rows to compare with instead, where the reference moves along with the windows. */
      readonly rolling: LoggedPredictions | null
      /** What the served version was trained on; null where nobody asks, without `profile` where it is that of the task. */
      readonly skew: SkewTask | null
    }
  | { readonly kind: 'performance'; readonly input: PerformanceInput }

export interface SkewTask {
  readonly declared: SkewDeclaration
  /** Null while the training rows are not known. */
  readonly trained: {
    readonly modelVersion: number
    /** Null: the profile of the task. */
    readonly profile: ReferenceProfile | null
  } | null
}

/** Makes a reference of rows; what it learns of labelled ones takes longer than a window. */
export interface ReferenceTask {
  readonly kind: 'reference'
  readonly rows: LoggedPredictions
  /** Columns that cut the rows into parts with a reference of their own. */
  readonly segments: readonly string[]
  readonly content: ContentColumns
  /** Methods whose variation within the reference thresholds look at. */
  readonly variation: MonitorDeclaration['drift'] | null
}

export function computeReference(task: ReferenceTask): ReferenceProfile {
  const { rows, segments, content, variation } = task
  const predictions = loggedPredictions(rows.outputs)
  const answers = answerColumn(rows.outputs)
  const profile = profileOf(rows.inputs, answers)
  return {
    ...profile,
    ...(variation && {
      variation: variationOf(profile, { table: rows.inputs, prediction: answers }, variation),
    }),
    ...(segments.length > 0 && { segments: segmentReferences(rows.inputs, answers, segments) }),
    ...(hasContent(content) && { content: contentReference(rows.inputs, content) }),
    calibration: calibrationFrom(predictions, rows.actual),
    sampling: samplingOf(predictions, rows.actual),
    truth: truthProfileOf(predictions, rows.actual),
    loss: lossModelsOf(rows),
  }
}

export const computeWindow = (task: WindowTask): NewWindow =>
  task.kind === 'performance' ? performanceOf(task.input) : inputsWindow(task)

function inputsWindow({
  span,
  declaration,
  rows,
  profile: stored,
  rolling,
  skew,
}: Extract<WindowTask, { kind: 'inputs' }>): NewWindow {
  const profile = rolling ? rollingProfile(rolling, declaration) : stored
  const tabular = profile && withoutContent(profile, declaration)
  const report = tabular
    ? driftOf({
        reference: tabular,
        inputs: rows.inputs,
        prediction: answerColumn(answered(rows)),
        methods: declaration.drift,
        columns: declaration.columns,
      })
    : { statistics: [], distributions: [] }
  const shape = profile
    ? [
        ...schemaChecks(profile, rows.inputs),
        outlierCheck(profile, rows.inputs.columns, rows.inputs.rowCount),
        ...jointOutliers(profile, rows.inputs, declaration.outliers),
        hostileCheck(profile, rows.inputs),
        ...influencesOf(tabular ?? profile, rows.inputs, loggedPredictions(rows.outputs)),
        ...contentDrift(profile.content, rows.inputs, declaration),
      ]
    : []
  const labelled = rows.actual.reduce<number>((sum, actual) => sum + Number(actual !== null), 0)
  return {
    kind: 'drift',
    ...span,
    rows: rows.at.length,
    labelled,
    modelVersions: versionsOf(rows.version),
    statistics: [
      ...report.statistics,
      ...shape,
      ...(skew ? skewOf(trainedOn(skew, stored), rows, skew.declared) : []),
      ...trafficChecks(rows, span),
      ...(declaration.cost ? costsOf(declaration.cost, rows) : []),
      ...(profile && declaration.performance
        ? lossEstimates(profile.loss, rows, declaration.performance)
        : []),
      ...groupStatistics(rows, declaration),
      ...(profile && declaration.segmentDrift
        ? segmentDrift({
            reference: withoutContent(profile, declaration),
            inputs: rows.inputs,
            prediction: answerColumn(rows.outputs),
            declared: declaration.segmentDrift,
            segments: declaration.segments,
            columns: declaration.columns,
          })
        : []),
    ],
    distributions: report.distributions,
  }
}

function trainedOn({ trained }: SkewTask, stored: ReferenceProfile | null): TrainedOn | null {
  const profile = trained?.profile ?? stored
  return trained && profile ? { modelVersion: trained.modelVersion, profile } : null
}

type Declaration = Extract<WindowTask, { kind: 'inputs' }>['declaration']

function rollingProfile(rows: LoggedPredictions, declaration: Declaration): ReferenceProfile {
  const profile = profileOf(rows.inputs, answerColumn(answered(rows)))
  const cut = segmentsWithReference(declaration)
  return {
    ...profile,
    ...(cut.length > 0 && {
      segments: segmentReferences(rows.inputs, answerColumn(rows.outputs), cut),
    }),
    ...(hasContent(declaration) && { content: contentReference(rows.inputs, declaration) }),
  }
}

/** The reference as far as its columns are compared value by value. */
function withoutContent(profile: ReferenceProfile, content: ContentColumns): ReferenceProfile {
  if (!hasContent(content)) return profile
  const kept = (columns: ReferenceProfile['columns']) =>
    columns.filter(({ name }) => !isContent(name, content))
  const segments = Object.entries(profile.segments ?? {}).map(([column, parts]) => [
    column,
    parts.map((part) => ({ ...part, columns: kept(part.columns) })),
  ])
  return {
    ...profile,
    columns: kept(profile.columns),
    ...(profile.segments && { segments: Object.fromEntries(segments) }),
  }
}

function groupStatistics(
  rows: LoggedPredictions,
  { segments, fairness }: Pick<Declaration, 'segments' | 'fairness'>,
): NewWindow['statistics'] {
  const volumes = segments.flatMap((column) => segmentVolumes(column, membershipsOf(rows, column)))
  if (!fairness) return volumes
  const predictions = loggedPredictions(rows.outputs)
  return [
    ...volumes,
    ...fairness.columns.map((column) =>
      fairnessOf(column, membershipsOf(rows, column), { predictions, actual: null, fairness }),
    ),
  ]
}

/** Outputs of the rows that were answered. */
function answered({ outputs, error }: LoggedPredictions): Table {
  if (error.every((message) => message === null)) return outputs
  const rows = error.flatMap((message, row) => (message === null ? [row] : []))
  const columns = outputs.columns.map((column) =>
    column.values instanceof Float64Array
      ? { ...column, values: Float64Array.from(rows, (row) => column.values[row] as number) }
      : { ...column, values: rows.map((row) => column.values[row]) },
  )
  return { rowCount: rows.length, columns: columns as Table['columns'] }
}
