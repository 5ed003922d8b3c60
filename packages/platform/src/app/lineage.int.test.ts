import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { LineageEvent } from '@kaizen/contracts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { complete, graph, python, shell } from '../pipelines/test-pipelines.ts'
import { testDialects } from '../storage/test-databases.ts'
import { bearer, operator, startTestServer } from './test-server.ts'

const folder = join(import.meta.dirname, '../delivery/lineage/schemas')

/** Checks an event with the schemas of the standard: its own, and that of each facet that has one. */
async function standard() {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const facets: object[] = []
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue
    const schema = JSON.parse(await readFile(join(folder, name), 'utf8'))
    ajv.addSchema(schema)
    if (name !== 'open-lineage.json') facets.push(schema)
    else {
      // Facets refer to the core schema of the version that they were written for.
      for (const version of ['1-0-1', '1-0-2', '1-0-3']) {
        const $id = `https://openlineage.io/spec/${version}/OpenLineage.json`
        ajv.addSchema({ ...schema, $id })
      }
    }
  }
  return (event: LineageEvent): readonly string[] => {
    const wrong: string[] = []
    const check = (schema: object, value: unknown, what: string): void => {
      const validate = ajv.compile(schema)
      if (!validate(value)) wrong.push(`${what}: ${ajv.errorsText(validate.errors)}`)
    }
    check({ $ref: 'https://openlineage.io/spec/2-0-2/OpenLineage.json' }, event, event.job.name)
    const holders = [event.run.facets, event.job.facets]
    for (const one of [...event.inputs, ...event.outputs]) {
      holders.push(one.facets, one.inputFacets, one.outputFacets)
    }
    for (const held of holders) {
      for (const schema of facets) {
        check({ $ref: (schema as { readonly $id: string }).$id }, held ?? {}, event.job.name)
      }
    }
    return wrong
  }
}

/** A receiver that answers with the given statuses in turn, and 201 when they are used up. */
async function receiver(statuses: number[]) {
  const events: LineageEvent[] = []
  const keys = new Set<string | undefined>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const status = statuses.shift() ?? 201
    keys.add(request.headers.authorization)
    if (status === 201) events.push(JSON.parse(body) as LineageEvent)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/api/v1/lineage`,
    events,
    keys,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const score = graph('score', [
  shell('count', python('result(rows=3)'), { outputs: { rows: 'value' } }),
  shell('double', python('result(twice=inputs["rows"] * 2)'), {
    inputs: { rows: { from: 'node', node: 'count', output: 'rows' } },
    outputs: { twice: 'metric' },
  }),
])
const broken = graph('broken', [shell('fall', 'exit 3')])

describe.each(testDialects)('OpenLineage on $dialect', ({ dialect, available }) => {
  it.runIf(available)(
    'is told of steps, runs and versions, as the standard writes it, also when the receiver was away',
    async () => {
      const wrongs = await standard()
      await using hook = await receiver([503, 500])
      const openlineage = { url: hook.url, apiKey: 'key-of-the-receiver', namespace: 'shop' }
      await using server = await startTestServer(dialect, { openlineage })
      const manifest = {
        kaizen: 1,
        project: 'shop',
        datasets: [],
        endpoints: [],
        monitors: [],
        policies: [],
        pipelines: [complete(score), complete(broken)],
        bundle: [],
      }
      const applied = await server.send('POST /api/v1/projects/apply', {
        body: { manifest, reason: 'test' },
      })
      expect(applied.status).toBeLessThan(300)
      const run = async (name: string) =>
        (await server.send(`POST /api/v1/pipelines/${name}/runs`, { body: {} })).body.id as string
      const [good] = [await run('score'), await run('broken')]
      const mlflow = '/api/2.0/mlflow'
      await server.send(`POST ${mlflow}/registered-models/create`, { body: { name: 'fraud' } })
      const version = { name: 'fraud', source: 's3://bucket/model' }
      await server.send(`POST ${mlflow}/model-versions/create`, { body: version })

      const seen = () => hook.events.map(({ eventType, job }) => `${eventType} ${job.name}`).sort()
      await expect
        .poll(seen, { timeout: 40_000 })
        .toEqual(
          [
            ...['START score', 'START score.count', 'COMPLETE score.count', 'START score.double'],
            ...['COMPLETE score.double', 'COMPLETE score', 'START broken', 'START broken.fall'],
            ...[
              'FAIL broken.fall',
              'FAIL broken',
              'START register.fraud',
              'COMPLETE register.fraud',
            ],
          ].sort(),
        )
      expect(hook.events.flatMap(wrongs)).toEqual([])
      expect([...hook.keys]).toEqual(['Bearer key-of-the-receiver'])

      const of = (type: string, job: string) =>
        hook.events.find((one) => one.eventType === type && one.job.name === job)
      const double = of('COMPLETE', 'score.double')
      expect(double?.inputs.map(({ name }) => name)).toEqual(['score/count/rows'])
      const made = of('COMPLETE', 'score.count')?.outputs[0]
      expect(double?.inputs[0]?.facets?.['version']).toEqual(made?.facets?.['version'])
      expect(double?.run.facets?.['parent']).toMatchObject({
        run: { runId: of('START', 'score')?.run.runId },
        job: { namespace: 'shop', name: 'score' },
      })
      expect(double?.run.runId).toBe(of('START', 'score.double')?.run.runId)
      expect(of('FAIL', 'broken')?.run.facets?.['errorMessage']).toBeDefined()
      expect(of('START', 'score')?.run.facets?.['kaizen_run']).toMatchObject({ id: good })

      const behind = await server.send('GET /api/v1/models/fraud/versions/1/lineage')
      expect(behind.body.events.at(-1)).toMatchObject({
        eventType: 'COMPLETE',
        inputs: [{ name: 's3://bucket/model' }],
        outputs: [{ name: 'models/fraud', facets: { version: { datasetVersion: '1' } } }],
      })
      expect(behind.body.events.flatMap(wrongs)).toEqual([])
      const absent = await server.send('GET /api/v1/models/fraud/versions/2/lineage')
      expect(absent.status).toBe(404)
    },
  )

  it.runIf(available)(
    'says of each feature which column of which dataset it is made of',
    async () => {
      const wrongs = await standard()
      await using hook = await receiver([])
      const openlineage = { url: hook.url, apiKey: undefined, namespace: 'shop' }
      await using server = await startTestServer(dialect, { openlineage })
      const api = '/api/v1'
      const post = async (path: string, body: object) => {
        const { status } = await server.send(`POST ${api}/${path}`, { body })
        expect({ path, ok: status < 300 }).toEqual({ path, ok: true })
      }
      await post('datasets', { name: 'orders', eventTime: { column: 'at' } })
      const sent = await fetch(`${server.url}${api}/datasets/orders/versions?format=csv`, {
        method: 'POST',
        headers: {
          authorization: bearer(operator),
          'content-type': 'application/octet-stream',
        },
        body: 'customer_id,at,amount\n7,2024-05-01T10:00:00Z,10.5',
      })
      expect(sent.status).toBeLessThan(300)
      const joinKeys = [{ name: 'customer_id', type: 'integer' }]
      await post('entities', { name: 'customer', joinKeys })
      await post('feature-views', {
        name: 'stats',
        entities: ['customer'],
        source: { dataset: 'orders', eventTime: { column: 'at' } },
        features: [{ name: 'spent', type: 'number', column: 'amount' }],
      })
      await post('feature-views/stats/materializations', {})
      const ended = () => hook.events.find(({ eventType }) => eventType === 'COMPLETE')
      await expect.poll(ended, { timeout: 40_000 }).toBeDefined()
      expect(hook.events.flatMap(wrongs)).toEqual([])
      const [made] = ended()?.outputs ?? []
      expect(ended()?.inputs).toMatchObject([{ name: 'orders' }])
      expect(made).toMatchObject({
        name: 'features/stats',
        outputFacets: { outputStatistics: { rowCount: 1 } },
      })
      const of = (field: string) => ({
        inputFields: [{ namespace: 'shop', name: 'orders', field }],
      })
      expect(made?.facets?.['columnLineage']).toMatchObject({
        fields: { customer_id: of('customer_id'), spent: of('amount') },
      })
      const broken = structuredClone(ended())
      Object.assign(broken?.outputs[0]?.facets?.['columnLineage'] ?? {}, { fields: { spent: {} } })
      expect(wrongs(broken as LineageEvent).join()).toContain("required property 'inputFields'")
    },
  )

  it('the schemas refuse an event that is none', async () => {
    const wrongs = await standard()
    const event = {
      eventType: 'START',
      eventTime: 'yesterday',
      producer: 'urn:x',
      schemaURL: 'urn:x',
      run: { runId: '7', facets: { parent: { _producer: 'urn:x', _schemaURL: 'urn:x' } } },
      job: { namespace: 'n', name: 'j' },
      inputs: [],
      outputs: [],
    }
    const text = wrongs(event as never).join()
    for (const part of ['date-time', 'uuid', "required property 'run'"])
      expect(text).toContain(part)
  })
})
