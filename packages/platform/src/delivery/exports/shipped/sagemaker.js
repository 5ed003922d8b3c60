/** Serves a model archive as Amazon SageMaker asks for: `GET /ping` and `POST /invocations` on port 8080. */
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'
import { csvLine, readCsv } from './csv.js'

const folder = pathToFileURL(`${process.env.MODEL_FOLDER ?? '/opt/ml/model'}/`)
const { model } = await import(new URL('facts.js', folder))
const { answerTensors, element, infer, parse, Refusal, refuse, written } = await import(
  new URL('protocol.js', folder)
)

const port = Number(process.env.SAGEMAKER_BIND_TO_PORT ?? process.env.PORT ?? 8080)
const mostBytes = Number(process.env.MAX_BODY_BYTES ?? 6 * 1024 * 1024)
const widthOf = ({ shape }) => shape.slice(1).reduce((product, size) => product * size, 1)
const columns = model.inputs.reduce((sum, spec) => sum + widthOf(spec), 0)

/** A field of CSV: an empty one is a missing value. */
function cell(text, spec) {
  if (spec.datatype === 'BYTES') return text
  if (spec.datatype === 'BOOL') return element(text === 'true' || (text !== 'false' && text), spec)
  if (text.trim() === '' && spec.datatype.startsWith('FP')) return Number.NaN
  const number = text.trim() === '' ? text : Number(text)
  return element(Number.isNaN(number) ? text.trim() : number, spec)
}

/** Tensors of rows that are lists of as many values as the model has columns. */
function tensorsOf(rows, read) {
  for (const [i, row] of rows.entries()) {
    if (row.length === columns) continue
    refuse(`row ${i} has ${row.length} values, and the model ${columns} columns`)
  }
  let at = 0
  return model.inputs.map((spec) => {
    const width = widthOf(spec)
    const data = rows.flatMap((row) => row.slice(at, at + width).map((one) => read(one, spec)))
    at += width
    return {
      name: spec.name,
      datatype: spec.datatype,
      shape: [rows.length, ...spec.shape.slice(1)],
      data,
    }
  })
}

/** A row of `instances`: a list of values, or an object by names of inputs. */
function listOf(instance) {
  if (Array.isArray(instance)) return instance.flat()
  if (instance === null || typeof instance !== 'object') return [instance]
  const unknown = Object.keys(instance).find(
    (key) => !model.inputs.some(({ name }) => name === key),
  )
  if (unknown !== undefined) refuse(`${unknown} is none of the model's inputs`)
  return model.inputs.flatMap(({ name }) => instance[name] ?? refuse(`${name} is missing`))
}

const rowsOf = (outputs) =>
  Array.from({ length: outputs[0]?.shape[0] ?? 0 }, (_, row) =>
    Object.fromEntries(
      outputs.map((output) => {
        const width = widthOf(output)
        const values = output.data.slice(row * width, (row + 1) * width).map(written)
        return [output.name, width === 1 ? values[0] : values]
      }),
    ),
  )

async function invoke(type, text) {
  if (type === 'text/csv') {
    let rows
    try {
      rows = readCsv(text)
    } catch (failure) {
      refuse(failure.message)
    }
    return rowsOf(await answerTensors(tensorsOf(rows, cell)))
  }
  if (type !== 'application/json') {
    throw new Refusal(415, `${type} is not read; send application/json or text/csv`)
  }
  const body = parse(text)
  if (!Array.isArray(body?.instances)) return infer(body)
  return rowsOf(await answerTensors(tensorsOf(body.instances.map(listOf), element)))
}

async function readText(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > mostBytes) throw new Refusal(413, `the body is over ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

async function respond(request) {
  const call = `${request.method} ${request.url.split('?')[0]}`
  if (call === 'GET /ping') return { status: 200, type: 'application/json', body: '' }
  if (call !== 'POST /invocations') throw new Refusal(404, 'there is nothing at this address')
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0].trim()
  const answer = await invoke(type, await readText(request))
  const wanted = (request.headers.accept ?? '').split(',')[0].split(';')[0].trim()
  if (wanted === 'text/csv' && Array.isArray(answer)) {
    const lines = answer.map((row) => `${csvLine(Object.values(row).flat())}\n`)
    return { status: 200, type: 'text/csv', body: lines.join('') }
  }
  const body = Array.isArray(answer) ? { predictions: answer } : answer
  return { status: 200, type: 'application/json', body: JSON.stringify(body) }
}

const server = createServer(async (request, response) => {
  const { status, type, body } = await respond(request).catch((failure) => {
    if (!(failure instanceof Refusal)) console.error(failure)
    const error = failure instanceof Refusal ? failure.message : 'an error of the server'
    const body = JSON.stringify({ error })
    return { status: failure.status ?? 500, type: 'application/json', body }
  })
  response.writeHead(status, {
    'content-type': type,
    ...(status === 413 ? { connection: 'close' } : {}),
  })
  response.end(body)
})
server.listen(port, '0.0.0.0', () => {
  console.log(`${model.name} answers on port ${server.address().port}`)
})
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })
}
