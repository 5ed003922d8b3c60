import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const web = join(import.meta.dirname, '../../packages/web')

/** Builds the UI as it is shipped, into the folder that the server serves or into another; answers the folder of its files. */
export async function buildUi(folder: string = join(web, 'dist')): Promise<string> {
  const vite = join(web, 'node_modules/vite/bin/vite.js')
  // A test runner says NODE_ENV=test, for which React would ship its development build.
  const env = { ...process.env, NODE_ENV: 'production' }
  const options = ['--logLevel', 'error', '--outDir', folder, '--emptyOutDir']
  await promisify(execFile)(process.execPath, [vite, 'build', ...options], { cwd: web, env })
  return folder
}
