import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { bundleFile } from './manifest.ts'
import { pipelineRun } from './pipelines.ts'
import { digest, json, jsonObject, timestampMs } from './shared.ts'

/** Relative difference of two numbers up to which they count as equivalent, not identical. */
export const equivalentWithin = 1e-6

export const reproductionVerdicts = ['identical', 'equivalent', 'different', 'failed'] as const
export type ReproductionVerdict = (typeof reproductionVerdicts)[number]

/** Everything on record that made a run, as far as it is known. */
export const runRecipe = z.object({
  runId: z.string(),
  name: z.string(),
  experimentId: z.string(),
  /** The pipeline run that it belongs to; null for a run of a client, which Kaizen did not start. */
  pipelineRun: z.string().nullable(),
  pipeline: z.string().nullable(),
  code: z.object({
    commit: z.string().nullable(),
    branch: z.string().nullable(),
    dirty: z.boolean().nullable(),
    /** The path of the program in its repository. */
    name: z.string().nullable(),
    /** What differed from the commit, as `git diff` says it; null where nothing did or nothing was recorded. */
    diff: z.string().nullable(),
    /** Files that differed and are not in the diff: too large, or they looked like secrets. */
    diffOmits: z.array(z.string()),
    /** The files that the steps ran from; null where the run was not a pipeline's. */
    bundle: z.object({ digest, files: z.array(bundleFile) }).nullable(),
  }),
  datasets: z.array(
    z.object({ dataset: z.string(), version: z.number().int().nullable(), digest: z.string() }),
  ),
  params: z.record(z.string(), z.string()),
  seed: z.number().int().nullable(),
  environment: jsonObject,
  /** In words, what cannot be restored and why. */
  missing: z.array(z.string()),
})
export type RunRecipe = z.output<typeof runRecipe>

const comparedMetric = z.object({
  name: z.string(),
  original: json,
  again: json,
  /** Of the larger of both; null where one of them is missing or no number. */
  relativeDifference: z.number().nullable(),
  same: z.enum(['identical', 'equivalent', 'different']),
})
export type ComparedMetric = z.output<typeof comparedMetric>

const comparedOutput = z.object({
  name: z.string(),
  kind: z.string(),
  original: z.string().nullable(),
  again: z.string().nullable(),
  same: z.enum(['identical', 'equivalent', 'different']),
  /** For models whose files differ: how far their answers to the same rows are from each other. */
  predictions: z
    .object({
      rows: z.number().int(),
      largestDifference: z.number(),
      relativeDifference: z.number(),
    })
    .nullable(),
  note: z.string().nullable(),
})
export type ComparedOutput = z.output<typeof comparedOutput>

export const reproduction = z.object({
  /** Tracking run that was done again, and the one that did it. */
  runId: z.string(),
  byRunId: z.string(),
  pipelineRun: z.string().nullable(),
  byPipelineRun: z.string().nullable(),
  verdict: z.enum(reproductionVerdicts),
  /** In words, one finding each. */
  findings: z.array(z.string()),
  params: z.array(z.object({ name: z.string(), original: json, again: json })),
  metrics: z.array(comparedMetric),
  outputs: z.array(comparedOutput),
  at: timestampMs,
  by: z.string(),
})
export type Reproduction = z.output<typeof reproduction>

const runParams = z.strictObject({ run_id: z.string().min(1).max(128) })

export const reproductionsApi = {
  recipe: endpoint({
    method: 'GET',
    path: '/api/v1/runs/:run_id/recipe',
    summary: 'Everything on record that made a run',
    action: 'view',
    params: runParams,
    response: runRecipe,
  }),
  reproduce: endpoint({
    method: 'POST',
    path: '/api/v1/runs/:run_id/reproduce',
    summary:
      'Run a pipeline run again from the same code, data, parameters and seed, without the cache',
    action: 'edit',
    params: runParams,
    response: pipelineRun,
    status: 201,
  }),
  record: endpoint({
    method: 'POST',
    path: '/api/v1/runs/:run_id/reproductions',
    summary: 'Compare a run with one that did it again, and keep the result with both',
    action: 'edit',
    params: runParams,
    body: z.strictObject({ by_run: z.string().min(1).max(128) }),
    response: reproduction,
    status: 201,
  }),
  list: endpoint({
    method: 'GET',
    path: '/api/v1/runs/:run_id/reproductions',
    summary: 'List what is known of doing a run again, newest first, in both directions',
    action: 'view',
    params: runParams,
    response: z.object({ items: z.array(reproduction) }),
  }),
} as const
