import { expect, it } from 'vitest'
import { benchmarksPage } from './page.ts'

it('shows each figure beside its peer, and says which are missed', () => {
  const page = benchmarksPage([
    {
      title: 'Start',
      command: 'node bench/start/start.ts',
      circumstances: {
        measuredAt: '2026-01-02',
        node: '24.0.0',
        cpu: 'A',
        cores: 2,
        loadBefore: 0.25,
        versions: { mlflow: '3.1' },
      },
      figures: [
        { what: 'first answer', kaizen: 512.4, unit: 'ms', reach: { of: 'figure', atMost: 500 } },
        {
          what: 'calls',
          kaizen: 12_345,
          unit: '/s',
          peer: { name: 'mlflow', value: 100 },
          reach: { of: 'ratio', atLeast: 10 },
        },
      ],
    },
  ])
  expect(page).toContain(
    '`node bench/start/start.ts`, 2026-01-02, A, 2 cores, load 0.3 before; Node 24.0.0, mlflow 3.1.',
  )
  expect(page).toContain('| first answer | 512 ms |  |  | at most 500 ms | **missed** |')
  expect(page).toContain(
    '| calls | 12,345 /s | 100 /s (mlflow) | 123.45 | at least 10 × the peer | reached |',
  )
})
