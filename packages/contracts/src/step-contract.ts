import { z } from 'zod'
import { json, jsonObject } from './shared.ts'

/** Version of the step contract; a step may refuse a version that it does not know. */
export const stepContractVersion = 1

const filePort = z.enum(['table', 'model', 'file'])

/** An input as a step gets it: the path of a file that must not be written to, or a JSON value. */
export const stepInput = z.union([
  z.object({ kind: filePort, path: z.string() }),
  z.object({ kind: z.literal('value'), value: json }),
])
export type StepInput = z.output<typeof stepInput>

/** An output as a step owes it: a file to write at `path`, or a JSON value to write into the result. */
export const stepOutput = z.union([
  z.object({ kind: filePort, path: z.string() }),
  z.object({ kind: z.enum(['value', 'metric']) }),
])
export type StepOutput = z.output<typeof stepOutput>

/** What a step reads: the JSON file that the environment variable KAIZEN_STEP names. */
export const stepContract = z.object({
  contract: z.literal(stepContractVersion),
  /** Id of the pipeline run. */
  run: z.string(),
  /** Id of the node in the graph, and the step that it calls. */
  node: z.string(),
  step: z.string(),
  /** 1 for the first try. */
  attempt: z.number().int().min(1),
  inputs: z.record(z.string(), stepInput),
  outputs: z.record(z.string(), stepOutput),
  /** Parameters of the pipeline run. */
  params: jsonObject,
  /** Fixes every random choice of the step. */
  seed: z.number().int(),
  /** Where the result is to be written. */
  resultPath: z.string(),
})
export type StepContract = z.output<typeof stepContract>

export const stepMetric = z.union([
  z.number(),
  z.array(z.strictObject({ step: z.number().int().min(0), value: z.number() })).max(100_000),
])
/**
 * What a step writes to `resultPath` before it exits with status 0. A step that owes only files may leave it out.
 * Metrics and params go to the tracking run. A step that fails may say why in `error`, then exits with another status.
 */
export const stepResult = z.strictObject({
  outputs: z.record(z.string(), json).default({}),
  metrics: z.record(z.string(), stepMetric).default({}),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  error: z.strictObject({ message: z.string(), hint: z.string().optional() }).optional(),
})
export type StepResult = z.output<typeof stepResult>
