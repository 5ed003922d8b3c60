import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const web = join(import.meta.dirname, '../../packages/web')

/** Builds the UI as it is shipped; answers the folder of its files. */
export async function buildUi(): Promise<string> {
  const vite = join(web, 'node_modules/vite/bin/vite.js')
  // A test runner says NODE_ENV=test, for which React would ship its development build.
  const env = { ...process.env, NODE_ENV: 'production' }
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: web,
    env,
  })
  return join(web, 'dist')
}
