import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { displayName } from './shared.ts'

/** What a model can be written for. */
export const exportTargets = ['onnx', 'javascript', 'c', 'systemd', 'kubernetes'] as const
export type ExportTarget = (typeof exportTargets)[number]
export const exportTarget = z.enum(exportTargets)

/** Answers are tar archives of the bundle's files. */
export const exportsApi = {
  version: endpoint({
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version/export',
    summary: 'Export a version, by number or `@alias`, as a verified bundle for a target',
    action: 'view',
    params: z.strictObject({
      name: displayName,
      version: z.string().regex(/^(\d{1,9}|@[A-Za-z0-9_.-]{1,255})$/),
    }),
    query: z.strictObject({ to: exportTarget }),
    transport: 'stream',
    response: z.unknown(),
  }),
  /** The body is an ONNX file; nothing of it is kept. */
  file: endpoint({
    method: 'POST',
    path: '/api/v1/exports',
    summary: 'Export an ONNX file as a verified bundle for a target',
    action: 'edit',
    query: z.strictObject({ to: exportTarget, name: displayName.default('model') }),
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
