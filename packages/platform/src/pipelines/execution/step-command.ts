import { fileURLToPath } from 'node:url'
import { KaizenError, type StepBody } from '@kaizen/contracts'
import type { BuiltinStep } from '../model.ts'

/** How the process of a step is started. */
export interface StepCommand {
  readonly argv: readonly [string, ...string[]]
  /** The main module of a Node process that may wait warm, with the arguments that it is told instead. */
  readonly warm: { readonly main: string; readonly args: readonly string[] } | undefined
}

const typescriptMain = fileURLToPath(import.meta.resolve('@kaizen/sdk/step-main'))

/** @throws UNSUPPORTED for a built-in step that this server does not have */
export function commandOf(
  body: StepBody,
  builtins: Readonly<Record<string, BuiltinStep>>,
): StepCommand {
  switch (body.kind) {
    case 'typescript':
      return nodeCommand(typescriptMain, [body.module, body.export])
    case 'builtin':
      return nodeCommand(fileURLToPath(builtinOf(body.name, builtins).main), [])
    case 'command': {
      const [program = '', ...args] = body.argv
      return { argv: [program, ...args], warm: undefined }
    }
  }
}

const nodeCommand = (main: string, args: readonly string[]): StepCommand => ({
  argv: [process.execPath, main, ...args],
  warm: { main, args },
})

export function builtinOf(
  name: string,
  builtins: Readonly<Record<string, BuiltinStep>>,
): BuiltinStep {
  const found = Object.hasOwn(builtins, name) ? builtins[name] : undefined
  if (found) return found
  throw new KaizenError('UNSUPPORTED', `this server has no built-in step "${name}"`, {
    hint: `It has: ${Object.keys(builtins).join(', ') || 'none'}.`,
  })
}

/** What a step sees of the server's environment: never its secrets. */
const passedOn = new Set([
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TZ',
  'TMPDIR',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'PYTHONPATH',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'OMP_NUM_THREADS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'KAIZEN_MODULES',
])

/** The environment of every step; `added` names what an operator wants steps to have besides. */
export function stepEnvironment(
  server: Readonly<Record<string, string | undefined>>,
  added: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(server))
    if (value !== undefined && (passedOn.has(name) || name.startsWith('LC_')))
      environment[name] = value
  return {
    ...environment,
    // What is printed is seen at once, and reading a bundle does not write into it.
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    ...added,
  }
}
