import { execFile } from 'node:child_process'
import { basename } from 'node:path'

const known = new Map<string, Promise<string | undefined>>()

/** The version of an interpreter that can change what a step does; undefined for other programs. */
export function programVersion(
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  if (!/^(python|node|Rscript|julia)[0-9.]*$/.test(basename(program)))
    return Promise.resolve(undefined)
  const asked = known.get(program) ?? ask(program, environment)
  known.set(program, asked)
  return asked
}

const ask = (
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(
      program,
      ['--version'],
      { env: environment, timeout: 10_000 },
      (error, stdout, stderr) => resolve(error ? undefined : (stdout || stderr).trim()),
    )
  })
