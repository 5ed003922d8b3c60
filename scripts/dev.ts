/**
 * The server and the user interface, both reloading on change: the server on the address that the
 * proxy of packages/web/vite.config.ts expects, vite on its own. Ctrl-C ends both.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const quiet = '--disable-warning=ExperimentalWarning'

const start = (program: string, args: readonly string[], folder: string): ChildProcess =>
  spawn(program, args, { cwd: join(root, folder), stdio: 'inherit' })

const children = [
  start('node', [quiet, '--watch', 'packages/cli/src/main.ts', 'server'], '.'),
  start('vite', [], 'packages/web'),
]

const stop = (): void => {
  for (const child of children) child.kill()
}
for (const child of children) child.once('exit', stop)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
