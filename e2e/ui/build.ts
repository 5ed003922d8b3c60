import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const web = join(import.meta.dirname, '../../packages/web')

/** Builds the UI as it is shipped; answers the folder of its files. */
export async function buildUi(): Promise<string> {
  const vite = join(web, 'node_modules/vite/bin/vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: web })
  return join(web, 'dist')
}
