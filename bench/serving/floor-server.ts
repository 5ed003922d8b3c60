/** The floor: a bare `http` server that answers the same requests from the same model with nothing else around it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import ort from 'onnxruntime-node'

interface WireTensor {
  readonly name: string
  readonly datatype: 'FP32' | 'BYTES'
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}

const [path, port = '0'] = process.argv.slice(2)
if (!path) throw new Error('usage: floor-server.ts MODEL.onnx [PORT]')
const session = await ort.InferenceSession.create(path, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
})

async function infer(text: string): Promise<string> {
  const { inputs } = JSON.parse(text) as { inputs: readonly WireTensor[] }
  const feeds: Record<string, ort.Tensor> = {}
  for (const { name, datatype, shape, data } of inputs) {
    feeds[name] =
      datatype === 'BYTES'
        ? new ort.Tensor('string', data as string[], shape)
        : new ort.Tensor('float32', Float32Array.from(data as number[]), shape)
  }
  const outputs = await session.run(feeds)
  return JSON.stringify({
    outputs: Object.entries(outputs).map(([name, tensor]) => ({
      name,
      shape: tensor.dims,
      datatype: 'FP32',
      data: Array.from(tensor.data as Float32Array),
    })),
  })
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end()
    return
  }
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    text += chunk
  })
  request.on('end', () => {
    void infer(text).then((answer) => {
      const length = Buffer.byteLength(answer)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': length })
      response.end(answer)
    })
  })
})
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
