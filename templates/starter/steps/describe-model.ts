import { file, step, value } from '@kaizen/sdk'

type Importance = { readonly feature: string; readonly importance: number }

/** A step of your own: a function from inputs to outputs, typed at both ends. */
export const describeModel = step('describe-model', {
  in: {
    metrics: value<Readonly<Record<string, number>>>(),
    featureImportance: value<readonly Importance[]>(),
  },
  out: { summary: file() },
  run: ({ metrics, featureImportance }) => ({ summary: summaryOf(metrics, featureImportance) }),
})

/** What a model is good at, as Markdown. */
export function summaryOf(
  metrics: Readonly<Record<string, number>>,
  importance: readonly Importance[],
): string {
  const line = (name: string, value: string): string => `| ${name} | ${value} |`
  return [
    '| on rows it has not seen | |',
    '|---|---|',
    ...Object.entries(metrics).map(([name, value]) =>
      line(name, String(Number(value.toPrecision(4)))),
    ),
    '',
    '| feature | share |',
    '|---|---|',
    ...importance.map((row) => line(row.feature, `${(row.importance * 100).toFixed(1)} %`)),
    '',
  ].join('\n')
}
