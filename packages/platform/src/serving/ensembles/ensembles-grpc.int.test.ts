import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { expect, it } from 'vitest'
import { startGrpcServer } from '../grpc/start.ts'
import { addingModel, editor, testServing } from '../test-serving.ts'
import { RequestMemory } from '../wire/request-memory.ts'

const proto = fileURLToPath(new URL('../grpc/open-inference.proto', import.meta.url))
const name = 'inference.GRPCInferenceService'

const temp = {
  name: 'temp',
  datatype: 'FP32',
  shape: [1, 1],
  contents: { fp32_contents: [1] },
}
const season = {
  name: 'season',
  datatype: 'BYTES',
  shape: [1, 1],
  contents: { bytes_contents: [Buffer.from('summer')] },
}

it('an ensemble answers over gRPC as one model', async () => {
  await using test = await testServing()
  const [one, three] = [
    await test.register('bike', addingModel(1)),
    await test.register('bike', addingModel(3)),
  ]
  await test.serving.ensembles.create(editor, {
    name: 'both',
    description: '',
    inputs: {},
    nodes: {
      one: { kind: 'model', model: one },
      three: { kind: 'model', model: three },
      mean: { kind: 'average', of: ['one', 'three'], weights: [1, 3] },
    },
    outputs: { variable: 'mean' },
  })
  await test.deploy('both', 'ensembles:/both')
  await using server = await startGrpcServer({
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: 1_000_000,
    memory: new RequestMemory(),
    version: '0.0.0',
    catalogue: test.catalogue,
    authenticate: async () => editor,
    onDefect: (error) => test.faults.push(error),
  })
  const definition = loadSync(proto, { keepCase: true, longs: String, defaults: true })[name]
  const Client = grpc.makeGenericClientConstructor(definition as grpc.ServiceDefinition, name)
  const client = new Client(server.address, grpc.credentials.createInsecure())
  const methods = client as unknown as Record<string, (...args: unknown[]) => void>
  const call = (method: string, request: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      methods[method]!(request, (failure: Error | null, answer: Record<string, unknown>) =>
        failure ? reject(failure) : resolve(answer),
      )
    })
  try {
    expect(await call('ModelMetadata', { name: 'both' })).toMatchObject({
      name: 'both',
      versions: ['1'],
      outputs: [{ name: 'variable', datatype: 'FP32' }],
    })
    // A quarter of 1 + 1 and three of 1 + 3.
    expect(await call('ModelInfer', { model_name: 'both', inputs: [temp, season] })).toMatchObject({
      model_version: '1',
      outputs: [{ name: 'variable', contents: { fp32_contents: [3.5] } }],
    })
    const short = call('ModelInfer', { model_name: 'both', inputs: [season] })
    await expect(short).rejects.toMatchObject({ code: grpc.status.INVALID_ARGUMENT })
    const unknown = { model_name: 'both', model_version: '9', inputs: [temp, season] }
    await expect(call('ModelInfer', unknown)).rejects.toMatchObject({ code: grpc.status.NOT_FOUND })
    expect(test.faults).toEqual([])
  } finally {
    client.close()
  }
})
