import { registerHooks } from 'node:module'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KaizenError } from '@kaizen/contracts/errors'

let registered = false

/**
 * Lets the modules of a bundle import packages. A bundle has no `node_modules` of its own: packages of Kaizen come
 * from this installation, others from the folders in KAIZEN_MODULES.
 */
export function resolveFromHere(): void {
  if (registered) return
  registered = true
  const folders = (process.env['KAIZEN_MODULES'] ?? '').split(delimiter).filter(Boolean)
  const parents = [
    import.meta.url,
    ...folders.map((folder) => pathToFileURL(join(folder, 'step.js')).href),
  ]
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === '@kaizen/sdk') return next(new URL('./index.ts', import.meta.url).href)
      try {
        return next(specifier, context)
      } catch (failure) {
        if (!isBare(specifier)) throw failure
        for (const parentURL of parents) {
          try {
            return next(specifier, { ...context, parentURL })
          } catch {
            // The next folder may have it.
          }
        }
        throw new KaizenError(
          'STEP_FAILED',
          `the package "${specifier}" is not installed where steps run`,
          {
            hint: 'Install it, and name the folder that holds its node_modules in KAIZEN_MODULES.',
            cause: failure,
          },
        )
      }
    },
  })
}

const isBare = (specifier: string): boolean => !/^(\.{0,2}\/|[a-z][a-z0-9+.-]*:)/i.test(specifier)
