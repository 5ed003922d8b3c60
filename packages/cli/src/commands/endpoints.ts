import { type EndpointView, KaizenError, servingApi } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { describeExplanation } from '../explanation-text.ts'
import { parseArm } from '../parse-arm.ts'
import { print, renderFacts, renderTable } from '../render.ts'
import { endpointDataCommands } from './endpoint-data.ts'
import { experimentCommands, readRouter } from './endpoint-experiments.ts'
import { invoke, streamedPredictions } from './endpoint-invoke.ts'
import { rolloutCommand } from './endpoint-rollouts.ts'

/** `kaizen endpoints`: where predictions are asked for. */
export function endpointsCommand(): Command {
  const command = new Command('endpoints')
    .description('Endpoints: arms, traffic and predictions.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(showCommand())
    .addCommand(deleteCommand())
    .addCommand(routeCommand())
    .addCommand(predictCommand())
    .addCommand(feedbackCommand())
    .addCommand(rolloutCommand())
  const others = [...experimentCommands(), ...endpointDataCommands()]
  for (const other of others) command.addCommand(other)
  return command
}

const listCommand = (): Command =>
  apiCommand('list', 'List endpoints.', 'kaizen endpoints list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const endpoints = await Array.fromAsync(client.paged(servingApi.list))
      print(json, endpoints, () =>
        endpoints.length === 0
          ? 'No endpoints yet. `kaizen endpoints create NAME --model models:/MODEL@champion` makes one.'
          : renderTable(endpoints, [
              { title: 'name', of: (row) => row.name },
              { title: 'state', of: (row) => row.state },
              {
                title: 'arms',
                of: (row) =>
                  row.arms.map((arm) => `${arm.name}=${arm.modelName}/${arm.version}`).join(', '),
              },
              { title: 'predictions', of: (row) => row.predictions, right: true },
              { title: 'labelled', of: (row) => row.labelled, right: true },
            ]),
      )
    },
  )

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Create an endpoint and serve a model on it.',
    'kaizen endpoints create fraud --model models:/fraud@champion --target is_fraud',
  )
    .argument('<name>', 'its name')
    .requiredOption(
      '--model <uri>',
      'models:/NAME/VERSION, models:/NAME@ALIAS or ensembles:/NAME[/VERSION]',
    )
    .option('--target <column>', 'the column that ground truth supplies')
    .action(async (name: string, flags: { model: string; target?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const modelName = /^(?:models|ensembles):\/([^/@]+)/.exec(flags.model)?.[1]
      if (modelName === undefined) {
        throw new KaizenError(
          'INVALID_REQUEST',
          `--model: "${flags.model}" names no registered model or ensemble`,
          { hint: 'Write models:/NAME/VERSION, models:/NAME@ALIAS or ensembles:/NAME.' },
        )
      }
      const arms = [{ name: 'champion', model: flags.model, mode: 'live' as const, weight: 1 }]
      const view = await client.call(servingApi.create, {
        body: {
          name,
          model: decodeURIComponent(modelName),
          target: flags.target ?? null,
          route: { arms, reason: 'created on the command line' },
        },
      })
      print(
        json,
        view,
        () =>
          `${name} serves ${flags.model}. Ask it with: kaizen endpoints predict ${name} COLUMN=VALUE …`,
      )
    })

const showCommand = (): Command =>
  apiCommand('show', 'Show an endpoint with its arms.', 'kaizen endpoints show fraud')
    .argument('<name>', 'the endpoint')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view = await client.call(servingApi.get, { params: { name } })
      print(json, view, () => describe(view))
    })

const deleteCommand = (): Command =>
  apiCommand(
    'delete',
    'Take an endpoint out of service; its log and its labels stay on the disk.',
    'kaizen endpoints delete fraud --yes',
  )
    .argument('<name>', 'the endpoint')
    .option('--yes', 'say that callers may lose it', false)
    .action(async (name: string, flags: { yes: boolean }, command: Command) => {
      const { client, json } = contextOf(command)
      if (!flags.yes) {
        throw new KaizenError('INVALID_REQUEST', `callers of "${name}" would get no more answers`, {
          hint: 'Add --yes to take it out of service.',
        })
      }
      await client.call(servingApi.remove, { params: { name } })
      print(json, { deleted: name }, () => `The endpoint ${name} is out of service.`)
    })

const routeCommand = (): Command =>
  apiCommand(
    'route',
    'Set the arms of an endpoint; models are loaded before traffic moves.',
    'kaizen endpoints route fraud champion=models:/fraud/3:0.9 canary=models:/fraud/4:0.1 --reason "try 4"',
  )
    .argument('<name>', 'the endpoint')
    .argument('<arms...>', 'NAME=MODEL[:WEIGHT] answers, NAME=MODEL:shadow[:SHARE] watches')
    .requiredOption('--reason <text>', 'why; stands in the audit log')
    .option(
      '--router <json>',
      'how requests find their arm, as JSON or @FILE; by weight unless told',
    )
    .action(
      async (
        name: string,
        arms: readonly string[],
        flags: { reason: string; router?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const view = await client.call(servingApi.setRoute, {
          params: { name },
          body: {
            arms: arms.map(parseArm),
            reason: flags.reason,
            ...(flags.router === undefined ? {} : { router: await readRouter(flags.router) }),
          },
        })
        print(json, view, () => describe(view))
      },
    )

const predictCommand = (): Command =>
  apiCommand(
    'predict',
    'Ask an endpoint for one prediction.',
    'kaizen endpoints predict bike-demand hr=8 temp=0.4 workingday=1 …',
  )
    .argument('<name>', 'the endpoint')
    .argument('<values...>', 'COLUMN=VALUE for each input')
    .option('--explain', 'say how much each input adds to the answer (SHAP)', false)
    .option('--stream', 'print each part of the answer as it comes', false)
    .action(
      async (
        name: string,
        values: readonly string[],
        flags: { explain: boolean; stream: boolean },
        command: Command,
      ) => {
        const context = contextOf(command)
        const record = Object.fromEntries(values.map(parseValue))
        if (flags.stream) {
          const parts = streamedPredictions(context, name, { dataframe_records: [record] })
          for await (const [part] of parts) print(context.json, part, () => JSON.stringify(part))
          return
        }
        const answer = await invoke(context, name, {
          dataframe_records: [record],
          ...(flags.explain ? { params: { explain: 'shap' } } : {}),
        })
        print(context.json, answer, () =>
          [
            JSON.stringify(
              answer.predictions.length === 1 ? answer.predictions[0] : answer.predictions,
            ),
            `by ${answer.arm}, ${answer.model}/${answer.version}; when the truth is known:`,
            `  kaizen endpoints feedback ${name} ${answer.inferenceId} VALUE`,
            ...(answer.explanations ? ['', describeExplanation(answer.explanations)] : []),
          ].join('\n'),
        )
      },
    )

const feedbackCommand = (): Command =>
  apiCommand(
    'feedback',
    'Give the ground truth of a prediction.',
    'kaizen endpoints feedback fraud inf_01m7ywtjsnec39h0qqwjkakrww true',
  )
    .argument('<name>', 'the endpoint')
    .argument('<inference-id>', 'the id that came with the prediction')
    .argument('<value>', 'what was true')
    .action(async (name: string, inferenceId: string, value: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const [, actual] = parseValue(`value=${value}`)
      const counts = await client.call(servingApi.feedback, {
        params: { name },
        body: { items: [{ inferenceId, value: actual }] },
      })
      if (counts.unknown.length > 0)
        throw new KaizenError(
          'NOT_FOUND',
          `${name} has made no prediction with the id ${inferenceId}`,
        )
      print(json, counts, () => 'Noted.')
    })

function describe(view: EndpointView): string {
  const facts = renderFacts({
    name: view.name,
    state: view.state,
    model: view.model,
    target: view.target,
    predictions: view.predictions,
    labelled: view.labelled,
    revision: view.revision,
    router: view.routerDue
      ? `${view.router.kind}; ${view.routerDue.kind} is declared and waits for its arms`
      : view.router.kind,
  })
  const arms = renderTable(view.arms, [
    { title: 'arm', of: (row) => row.name },
    { title: 'model', of: (row) => `${row.modelName}/${row.version}` },
    { title: 'mode', of: (row) => row.mode },
    { title: 'weight', of: (row) => row.weight, right: true },
    { title: 'requests', of: (row) => row.requests, right: true },
    { title: 'errors', of: (row) => row.errors, right: true },
    { title: 'p50 ms', of: (row) => row.latencyMs.p50, right: true },
    { title: 'p99 ms', of: (row) => row.latencyMs.p99, right: true },
    { title: 'in memory', of: (row) => (row.memory === 'unloaded' ? 'asleep' : row.memory) },
    { title: 'runtime', of: (row) => row.runtime },
    { title: 'requests/run', of: (row) => perRun(row.batching), right: true },
    { title: 'queued', of: (row) => row.batching?.queued ?? null, right: true },
  ])
  return view.arms.length === 0 ? facts : `${facts}\n\n${arms}`
}

/** Requests that shared a run of the model, on average. */
const perRun = (batching: EndpointView['arms'][number]['batching']): number | null =>
  batching && batching.runs > 0 ? Number((batching.requests / batching.runs).toFixed(2)) : null

/** `hr=8` as a number, `flag=true` as a boolean, all else as text. */
function parseValue(text: string): readonly [string, string | number | boolean] {
  const at = text.indexOf('=')
  if (at < 1) throw new KaizenError('INVALID_REQUEST', `"${text}" is not COLUMN=VALUE`)
  const value = text.slice(at + 1)
  const number = Number(value)
  const parsed =
    value === 'true'
      ? true
      : value === 'false'
        ? false
        : value.trim() !== '' && !Number.isNaN(number)
          ? number
          : value
  return [text.slice(0, at), parsed]
}
