import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { displayName } from './shared.ts'

/** What a model can be written for. */
export const exportTargets = [
  'onnx',
  'browser',
  'oci',
  'javascript',
  'c',
  'systemd',
  'kubernetes',
  'kserve',
  'lambda',
  'terraform',
  'sagemaker',
  'node',
  'edge',
] as const
export type ExportTarget = (typeof exportTargets)[number]
export const exportTarget = z.enum(exportTargets)

export interface ExportTargetFacts {
  /** What comes out, in a line. */
  readonly about: string
  /** Only trees and linear models, which can be written as source; else any ONNX model. */
  readonly sourceOnly: boolean
  /** How to check the bundle where it lies. */
  readonly check: string
}
export const exportTargetFacts: Readonly<Record<ExportTarget, ExportTargetFacts>> = {
  onnx: {
    about: 'The ONNX file with signature, golden set, card and digests',
    sourceOnly: false,
    check: 'python verify.py',
  },
  browser: {
    about: 'A web page that runs the model in the browser, without a network',
    sourceOnly: false,
    check: 'node serve.js, and look at the page',
  },
  oci: {
    about: 'A container image of the server, built without a daemon, with its bill of materials',
    sourceOnly: false,
    check: 'node verify.js (load with: tar -C image -c . | docker load)',
  },
  javascript: {
    about: 'A module without imports, and a server on nothing but Node',
    sourceOnly: true,
    check: 'node verify.js',
  },
  c: { about: 'C99 with the standard library only', sourceOnly: true, check: 'make test' },
  systemd: {
    about: 'The server as a unit of a virtual machine',
    sourceOnly: true,
    check: 'node verify.js (install with: sh install.sh)',
  },
  kubernetes: {
    about: 'Manifests for Kustomize: Deployment, Service, autoscaler, network policy',
    sourceOnly: true,
    check: 'node verify.js (deploy with: kubectl apply -k .)',
  },
  kserve: {
    about: 'An InferenceService of KServe and the folder that its storage holds',
    sourceOnly: false,
    check: 'kaizen server --model-repository storage (deploy with: kubectl apply -k .)',
  },
  lambda: {
    about: 'A function of AWS Lambda that answers API Gateway',
    sourceOnly: false,
    check: 'node function/verify.js',
  },
  terraform: {
    about: 'A Terraform module of the function, with an HTTP API before it',
    sourceOnly: false,
    check: 'node function/verify.js (deploy with: terraform init && terraform apply)',
  },
  sagemaker: {
    about: 'An image with the contract of Amazon SageMaker, and the archive of the model',
    sourceOnly: false,
    check: 'node verify.js',
  },
  node: {
    about: 'The server on Node, with onnxruntime where the model needs it',
    sourceOnly: false,
    check: 'node verify.js (start with: node server.js)',
  },
  edge: {
    about: 'An agent that follows an alias, takes signed versions only and works without a network',
    sourceOnly: false,
    check: 'sha256sum --check SHA256SUMS (start with: KAIZEN_SERVER=URL node agent.js)',
  },
}

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
