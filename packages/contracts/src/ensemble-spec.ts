import { z } from 'zod'
import { tensorDatatypes } from './datatypes.ts'
import { digest, duration, objectName } from './shared.ts'

const nodeName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    'use 1 to 63 lower-case letters, digits, "_" or "-", starting with a letter or digit',
  )
const tensorName = z.string().min(1).max(250)

/**
 * A tensor of the graph: `input.NAME` is an input of the ensemble, `NODE.OUTPUT` an output of a node, and `NODE` alone the
 * only output of one.
 */
export const tensorRef = z.string().min(1).max(400)

/** Datatype and shape of a tensor; -1 is a free dimension. */
export const tensorType = z.strictObject({
  datatype: z.enum(tensorDatatypes),
  shape: z.array(z.number().int().min(-1).max(1_000_000_000)).max(8),
})
export type TensorType = z.output<typeof tensorType>

const tensorTypes = z.record(tensorName, tensorType)
const refs = z.array(tensorRef).min(2).max(32)
const weights = z.array(z.number().min(0).max(1e9)).max(32).optional()

/** A registered model or a model of another server. */
const modelNode = z.strictObject({
  kind: z.literal('model'),
  /** `models:/NAME/VERSION`, `models:/NAME@ALIAS` or `https://HOST/v2/models/NAME`; an alias is resolved when a version is made. */
  model: z.string().min(1).max(600),
  /** What each input of the model is; inputs of the ensemble of the same name where nothing is said. */
  inputs: z.record(tensorName, tensorRef).optional(),
})

/** Code of the project, in a process of its own. */
const stepNode = z.strictObject({
  kind: z.literal('step'),
  language: z.enum(['typescript', 'python']),
  /** A file of the project. */
  module: z.string().min(1).max(1024),
  /** What it exports, or the function of the Python module. */
  export: z.string().min(1).max(250),
  codeDigest: digest,
  in: tensorTypes,
  out: tensorTypes,
  inputs: z.record(tensorName, tensorRef),
  /** A call that takes longer fails, and its process is replaced. */
  timeout: duration.default('10s'),
  /** Calls that are computed at once. */
  processes: z.number().int().min(1).max(16).default(1),
})

/** The mean of numbers, weighted where weights are given; output `value`. */
const averageNode = z.strictObject({ kind: z.literal('average'), of: refs, weights })

/** The most frequent label of each row, the earliest named where several are; outputs `value`, and `share` of the weight. */
const voteNode = z.strictObject({ kind: z.literal('vote'), of: refs, weights })

/** Columns side by side; output `value`. */
const concatenateNode = z.strictObject({ kind: z.literal('concatenate'), of: refs })

/** Cuts the columns of a tensor into several: one output a part, of the columns named by their numbers from 0. */
const splitNode = z.strictObject({
  kind: z.literal('split'),
  of: tensorRef,
  parts: z.record(tensorName, z.array(z.number().int().min(0)).min(1).max(100_000)),
})

/** Row by row, what the first case that fits takes; output `value`. Everything that may be taken is computed. */
const selectNode = z.strictObject({
  kind: z.literal('select'),
  /** One value a row. */
  by: tensorRef,
  cases: z
    .array(
      z.union([
        z.strictObject({ below: z.number(), take: tensorRef }),
        z.strictObject({ is: z.union([z.string(), z.number(), z.boolean()]), take: tensorRef }),
      ]),
    )
    .min(1)
    .max(32),
  otherwise: tensorRef,
})

export const ensembleNode = z.discriminatedUnion('kind', [
  modelNode,
  stepNode,
  averageNode,
  voteNode,
  concatenateNode,
  splitNode,
  selectNode,
])
export type EnsembleNode = z.output<typeof ensembleNode>

const few = <T extends Record<string, unknown>>(what: string, most: number) =>
  [
    (record: T): boolean => Object.keys(record).length >= 1 && Object.keys(record).length <= most,
    { message: `expected 1 to ${most} ${what}` },
  ] as const

/** A graph of models that answers as one. */
export const ensembleDeclaration = z.strictObject({
  name: objectName,
  description: z.string().max(10_000).default(''),
  /** Types of inputs; needed only where no model or step takes the input itself. */
  inputs: tensorTypes.default({}),
  nodes: z.record(nodeName, ensembleNode).refine(...few('nodes', 64)),
  /** What it answers, in this order. */
  outputs: z.record(tensorName, tensorRef).refine(...few('outputs', 64)),
})
export type EnsembleDeclaration = z.output<typeof ensembleDeclaration>
export type EnsembleDeclarationInput = z.input<typeof ensembleDeclaration>
