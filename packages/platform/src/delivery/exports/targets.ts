import type { ExportTarget } from '@kaizen/contracts'
import { browserFiles } from './browser.ts'
import { cFiles } from './c.ts'
import { edgeFiles } from './edge.ts'
import { lambdaFiles } from './lambda.ts'
import type { BundleParts } from './model.ts'
import { ociFiles } from './oci.ts'
import { onnxFiles } from './onnx.ts'
import type { RowProgram } from './row-program.ts'
import { sagemakerFiles } from './sagemaker.ts'
import { serverFiles, sourceServerFiles } from './server-files.ts'
import { systemdFiles } from './systemd.ts'
import type { FileMap } from './tar.ts'
import { terraformFiles } from './terraform.ts'

interface TargetPlan {
  /** Only for models that can be written as source. */
  readonly needsSource: boolean
  /** Files of the target, beside those of every bundle. */
  readonly files: (parts: BundleParts) => Promise<FileMap> | FileMap
}

export const targetPlans: Readonly<Record<ExportTarget, TargetPlan>> = {
  onnx: { needsSource: false, files: ({ model }) => onnxFiles(model.content) },
  browser: { needsSource: false, files: ({ model }) => browserFiles(model.content) },
  oci: { needsSource: false, files: (parts) => ociFiles(parts) },
  kserve: {
    needsSource: false,
    files: async (parts) => (await import('./kserve.ts')).kserveFiles(parts),
  },
  lambda: { needsSource: false, files: (parts) => lambdaFiles(parts) },
  terraform: { needsSource: false, files: (parts) => terraformFiles(parts) },
  sagemaker: { needsSource: false, files: (parts) => sagemakerFiles(parts) },
  node: { needsSource: false, files: ({ program, model }) => serverFiles(program, model) },
  edge: { needsSource: false, files: (parts) => edgeFiles(parts.model) },
  javascript: { needsSource: true, files: (parts) => sourceServer(parts) },
  c: { needsSource: true, files: ({ program, golden }) => cFiles(required(program), golden) },
  systemd: {
    needsSource: true,
    files: async (parts) => ({ ...(await sourceServer(parts)), ...systemdFiles(parts.model.name) }),
  },
  kubernetes: {
    needsSource: true,
    files: async (parts) => {
      const { kubernetesFiles } = await import('./kubernetes.ts')
      const server = await sourceServer(parts)
      return { ...server, ...kubernetesFiles(parts.model, server) }
    },
  },
}

const sourceServer = ({ program, model }: BundleParts): Promise<FileMap> =>
  sourceServerFiles(required(program), model)

function required(program: RowProgram | undefined): RowProgram {
  if (program) return program
  throw new Error('a target of source code was reached without a program')
}
