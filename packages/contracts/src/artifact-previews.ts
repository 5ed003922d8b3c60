import { z } from 'zod'
import { columnTypes } from './data.ts'
import { endpoint } from './endpoint.ts'

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** The first rows of a Parquet file. */
export const tablePreview = z.object({
  kind: z.literal('table'),
  sizeBytes: z.number().int(),
  rowCount: z.number().int(),
  columnCount: z.number().int(),
  /** The first columns; at most 500. */
  columns: z.array(z.object({ name: z.string(), type: z.enum(columnTypes) })),
  /** A cell for each column; times in ISO 8601, what JSON has no number for as text. */
  rows: z.array(z.array(cell)),
})
export type TablePreview = z.output<typeof tablePreview>

/** A tensor that goes into a model or comes out; a dimension of any size has its name, or none. */
export const graphValue = z.object({
  name: z.string(),
  type: z.string(),
  shape: z.array(z.union([z.number().int(), z.string()])),
})
export const graphNode = z.object({
  name: z.string(),
  /** With its domain where that is not ONNX's own. */
  operator: z.string(),
  /** Names of values: outputs of other nodes, inputs of the model, constants. */
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  /** Bytes of the node in the file, and of the constants that no node before it takes. */
  sizeBytes: z.number().int(),
})
/** What an ONNX file computes. */
export const graphPreview = z.object({
  kind: z.literal('graph'),
  sizeBytes: z.number().int(),
  producer: z.string(),
  operatorSets: z.array(z.object({ domain: z.string(), version: z.number().int() })),
  inputs: z.array(graphValue),
  outputs: z.array(graphValue),
  nodeCount: z.number().int(),
  /** The first nodes, in the order of computation; at most 400. */
  nodes: z.array(graphNode),
  constants: z.object({ count: z.number().int(), sizeBytes: z.number().int() }),
})
export type GraphPreview = z.output<typeof graphPreview>

export const artifactPreviewsApi = {
  ofRun: endpoint({
    method: 'GET',
    path: '/api/v1/runs/:run_id/artifact-preview',
    summary: 'Look into a file of a run: rows of a Parquet file, the graph of an ONNX model',
    action: 'view',
    params: z.strictObject({ run_id: z.string().min(1).max(128) }),
    query: z.strictObject({
      path: z.string().min(1).max(4096),
      rows: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.discriminatedUnion('kind', [tablePreview, graphPreview]),
  }),
} as const
