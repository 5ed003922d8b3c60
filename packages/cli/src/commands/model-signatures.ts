import { bundleSignaturesApi } from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { print } from '../render.ts'

/** `kaizen models sign`: a detached signature by the server's key. */
export const signCommand = (): Command =>
  apiCommand('sign', "Sign a version with the server's key.", 'kaizen models sign fraud 4')
    .argument('<name>', 'the model')
    .argument('<version>', 'number of the version')
    .action(async (name: string, version: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const params = { name, version: Number(version) }
      const signature = await client.call(bundleSignaturesApi.sign, { params })
      print(
        json,
        signature,
        () =>
          `Version ${version} of ${name} is signed: bundle ${signature.bundleDigest}, key ${signature.keyId.slice(0, 12)}.`,
      )
    })

/** `kaizen models verify`: exit code 1 when a version is not what was signed. */
export const verifyCommand = (): Command =>
  apiCommand(
    'verify',
    'Check that a version and its file are what was signed; exits with 1 when not.',
    'kaizen models verify fraud 4',
  )
    .argument('<name>', 'the model')
    .argument('<version>', 'number of the version')
    .action(async (name: string, version: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const params = { name, version: Number(version) }
      const verdict = await client.call(bundleSignaturesApi.verify, { params })
      const head = verdict.verified ? 'verifies' : 'does not verify'
      print(json, verdict, () => `Version ${version} of ${name} ${head}: ${verdict.reason}.`)
      if (!verdict.verified) process.exitCode = 1
    })
