import { stringify } from 'yaml'
import { sha256 } from '../../kernel/index.ts'
import type { BundleParts } from './model.ts'
import { serviceName } from './service-name.ts'
import type { FileMap } from './tar.ts'

/**
 * An InferenceService of KServe and the folder that its storage holds, as Triton (KServe's runtime for ONNX) lays
 * models out. Kaizen's own server reads the same folder with `--model-repository`.
 */
export function kserveFiles({ model }: BundleParts): FileMap {
  const name = serviceName(model.name)
  const version = model.version ?? 1
  const claim = `${name}-storage`
  const service = {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: {
      name,
      annotations: { 'kaizen.io/model-sha256': sha256(model.content) },
      labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/version': String(version) },
    },
    spec: {
      predictor: {
        minReplicas: 1,
        maxReplicas: 10,
        scaleMetric: 'concurrency',
        scaleTarget: 10,
        model: {
          modelFormat: { name: 'onnx' },
          protocolVersion: 'v2',
          runtime: 'kserve-tritonserver',
          storageUri: `pvc://${claim}/storage`,
          resources: {
            requests: { cpu: '500m', memory: '512Mi' },
            limits: { cpu: '2', memory: '2Gi' },
          },
        },
      },
    },
  }
  const storage = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claim },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['inference-service.yaml', 'storage-claim.yaml'],
  }
  return {
    'inference-service.yaml': stringify(service),
    'storage-claim.yaml': stringify(storage),
    'kustomization.yaml': stringify(kustomization),
    [`storage/${name}/config.pbtxt`]: tritonConfig(name),
    [`storage/${name}/${version}/model.onnx`]: model.content,
  }
}

/** Inputs and outputs are left to Triton, which reads them in the file. */
const tritonConfig = (name: string): string => `name: "${name}"
platform: "onnxruntime_onnx"
version_policy: { latest: { num_versions: 1 } }
`
