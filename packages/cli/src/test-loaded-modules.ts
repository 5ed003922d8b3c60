import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Preloaded into a program under test (`node --import`): at its end, the addresses of all modules that it loaded, and
 * the names of what of Node itself it loaded, are in the file that `KAIZEN_LOADED_MODULES` names, one a line.
 */
const loaded: string[] = []
const file = process.env['KAIZEN_LOADED_MODULES']
registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  },
})
if (file !== undefined)
  process.on('exit', () => {
    const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] }
    writeFileSync(file, [...loaded, ...moduleLoadList].join('\n'))
  })
