import { KaizenError } from '@kaizen/contracts'
import { stringify } from 'yaml'
import { serviceName } from './service-name.ts'
import type { FileMap } from './tar.ts'

/** A ConfigMap may hold 1 MiB in all; the rest is left for its keys and metadata. */
const largestConfigBytes = 1_000_000
const port = 8080
/** The user `node` of the official image. */
const user = 1000

const mounted = [
  'compute.js',
  'facts.js',
  'model.js',
  'package.json',
  'protocol.js',
  'server.js',
] as const

/**
 * Manifests that run the server of a JavaScript bundle on the official image of Node, with the source in a ConfigMap:
 * nothing has to be built or pushed. Kustomize names the ConfigMap after its content, so a new model rolls out.
 * @param server the files of the bundle that are mounted
 * @throws UNSUPPORTED for models that a ConfigMap cannot hold
 */
export function kubernetesFiles(
  model: { readonly name: string; readonly version: number | null },
  server: FileMap,
): FileMap {
  const sizeBytes = mounted.reduce((sum, path) => sum + Buffer.byteLength(server[path] ?? ''), 0)
  if (sizeBytes > largestConfigBytes) {
    throw new KaizenError(
      'UNSUPPORTED',
      `the source of this model takes ${sizeBytes} bytes, and a ConfigMap holds 1 MiB`,
      { hint: 'Train with fewer or smaller trees, or export with --to javascript into an image.' },
    )
  }
  const name = serviceName(model.name)
  const objects: Readonly<Record<string, unknown>> = {
    'deployment.yaml': deployment(name),
    'service.yaml': {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: {
        selector: labelsOf(name),
        ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'http' }],
      },
    },
    'horizontal-pod-autoscaler.yaml': autoscaler(name),
    'pod-disruption-budget.yaml': {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { maxUnavailable: 1, selector: { matchLabels: labelsOf(name) } },
    },
    'network-policy.yaml': networkPolicy(name),
  }
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: Object.keys(objects),
    configMapGenerator: [{ name: `${name}-model`, files: mounted }],
    labels: [
      {
        pairs: {
          'app.kubernetes.io/managed-by': 'kustomize',
          'app.kubernetes.io/version': String(model.version ?? 'file'),
        },
        // Selectors cannot change, so the version is in the labels of pods only.
        includeTemplates: true,
      },
    ],
  }
  return Object.fromEntries(
    Object.entries({ ...objects, 'kustomization.yaml': kustomization }).map(([path, object]) => [
      path,
      stringify(object, { aliasDuplicateObjects: false }),
    ]),
  )
}

const labelsOf = (name: string) => ({ 'app.kubernetes.io/name': name })

function deployment(name: string): unknown {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      // The autoscaler says how many.
      selector: { matchLabels: labelsOf(name) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: labelsOf(name) },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 40,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container()],
          volumes: [{ name: 'model', configMap: { name: `${name}-model` } }],
        },
      },
    },
  }
}

function container(): unknown {
  const get = (path: string, periodSeconds: number) => ({
    httpGet: { path, port: 'http' },
    periodSeconds,
    timeoutSeconds: 2,
  })
  return {
    name: 'model',
    image: 'node:24-slim',
    command: ['node', '/model/server.js'],
    env: [
      { name: 'HOST', value: '0.0.0.0' },
      { name: 'PORT', value: String(port) },
    ],
    ports: [{ name: 'http', containerPort: port }],
    startupProbe: { ...get('/v2/health/live', 1), failureThreshold: 30 },
    livenessProbe: get('/v2/health/live', 10),
    readinessProbe: get('/v2/health/ready', 5),
    // Endpoints are taken out of the service before the server stops taking connections.
    lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
    resources: { requests: { cpu: '100m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'model', mountPath: '/model', readOnly: true }],
  }
}

const autoscaler = (name: string) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
      },
    ],
  },
})

/** Pods of the namespace may ask; the model itself asks nobody. */
const networkPolicy = (name: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec: {
    podSelector: { matchLabels: labelsOf(name) },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port }] }],
    egress: [],
  },
})
