/** What a monitor can watch, each a field of its declaration; a monitor of none of them takes batches. No schemas: pages start with it. */
export const watchedKinds = ['endpoint', 'dataset', 'pipeline', 'featureView'] as const
export type WatchedKind = (typeof watchedKinds)[number]

/** How each is called. */
export const watchedInWords: Readonly<Record<WatchedKind, string>> = {
  endpoint: 'endpoint',
  dataset: 'dataset',
  pipeline: 'pipeline',
  featureView: 'feature view',
}
