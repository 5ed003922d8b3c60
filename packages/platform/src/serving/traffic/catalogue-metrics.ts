import { Counter, type Registry } from 'prom-client'
import type { Catalogue } from '../catalogue.ts'
import type { VersionStatistics } from '../endpoints/served.ts'

const microseconds = ({ ms }: { readonly ms: number }): number => Math.round(ms * 1000)

/** Triton's names, so that dashboards made for it show this server too. Durations are cumulative microseconds. */
const counters: readonly (readonly [string, string, (model: VersionStatistics) => number])[] = [
  ['nv_inference_request_success', 'Requests answered', ({ success }) => success.count],
  ['nv_inference_request_failure', 'Requests refused or failed', ({ fail }) => fail.count],
  ['nv_inference_count', 'Rows answered', ({ inferences }) => inferences],
  ['nv_inference_exec_count', 'Runs of the model', ({ executions }) => executions],
  [
    'nv_inference_request_duration_us',
    'Time from the decoded body to the answer',
    ({ success }) => microseconds(success),
  ],
  [
    'nv_inference_compute_input_duration_us',
    'Time of holding inputs against the signature',
    ({ computeInput }) => microseconds(computeInput),
  ],
  [
    'nv_inference_compute_infer_duration_us',
    'Time of the model, with waiting for it and logging',
    ({ computeInfer }) => microseconds(computeInfer),
  ],
]

/** Registers what every served model has done, endpoints and models of the repository alike; read when asked for. */
export function registerCatalogueMetrics(registry: Registry, catalogue: Catalogue): void {
  for (const [name, help, measure] of counters) {
    new Counter({
      name,
      help,
      labelNames: ['model', 'version'],
      registers: [registry],
      async collect() {
        this.reset()
        for (const model of await catalogue.statistics()) {
          this.inc({ model: model.name, version: model.version }, measure(model))
        }
      },
    })
  }
}
