import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Unit tests lie beside the code, `*.int.test.ts` use a real service, `e2e/` drives the built program. */
const project = (name: string, include: string[], timeoutMs: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude: ['**/node_modules/**', '**/dist/**', '**/.tools/**', ...exclude],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    pool: 'forks' as const,
    // As `./kaizen`: else processes whose threads use WebAssembly now and then end by a check of V8.
    execArgv: ['--no-memory-protection-keys'],
  },
})

export default defineConfig({
  test: {
    // One file on each core: many wait for a process, a disk or a browser, and the default leaves a core free.
    maxWorkers: availableParallelism(),
    projects: [
      project('unit', ['{packages,scripts,examples,bench}/**/*.test.{ts,tsx}'], 20_000, [
        '**/*.int.test.ts',
      ]),
      project('integration', ['packages/**/*.int.test.ts'], 60_000),
      project('e2e', ['e2e/**/*.test.ts'], 300_000),
    ],
  },
})
