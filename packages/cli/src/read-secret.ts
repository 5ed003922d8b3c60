import { KaizenError } from '@kaizen/contracts'

/** A secret from the environment, or typed in where somebody sits; never an argument, which others could see. */
export async function readSecret(variable: string, question: string): Promise<string> {
  const given = process.env[variable]
  if (given !== undefined && given !== '') return given
  if (!process.stdin.isTTY) {
    throw new KaizenError('INVALID_CONFIG', `${variable} is not set, and nobody is there to ask`, {
      hint: `Set ${variable} in the environment.`,
    })
  }
  const { isCancel, password } = await import('@clack/prompts')
  const typed = await password({ message: question })
  if (!isCancel(typed)) return typed
  throw new KaizenError('INVALID_CONFIG', 'nothing was typed')
}
