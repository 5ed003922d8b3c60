/** Checks the model against its digest and golden set, then answers what is typed in. */
import { load } from './compute.js'

const find = (id) => document.getElementById(id)
const read = async (path) => {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(`${path} is missing`)
  return answer
}
const tell = (state, text) => {
  find('state').dataset.state = state
  find('state').textContent = text
}
const hex = (bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** @throws Error for a model that is not the one that was exported */
async function readModel(manifest) {
  const content = await (await read('model.onnx')).arrayBuffer()
  // Only secure contexts (https, this machine) have it; elsewhere the golden set alone speaks.
  if (globalThis.crypto.subtle) {
    const found = hex(await crypto.subtle.digest('SHA-256', content))
    if (found !== manifest.model.sha256)
      throw new Error('model.onnx is not the file that was exported')
  }
  return new Uint8Array(content)
}

const isClose = (found, wanted, { absolute, relative }) =>
  Object.is(found, wanted) ||
  found === wanted ||
  String(found) === wanted ||
  (typeof wanted === 'number' && Math.abs(found - wanted) <= absolute + relative * Math.abs(wanted))

/** Names of the outputs that are not as the server answered them. */
function differences(golden, answers) {
  return golden.outputs.filter((wanted) => {
    const found = answers.find(({ name }) => name === wanted.name)
    if (String(found?.shape) !== String(wanted.shape)) return true
    return !wanted.data.every((value, i) => isClose(found.data[i], value, golden.tolerance))
  })
}

/** The tensors of one row, out of tensors of many. */
function firstRow({ name, datatype, shape, data }) {
  const width = shape.slice(1).reduce((product, size) => product * size, 1)
  return { name, datatype, shape: [1, ...shape.slice(1)], data: data.slice(0, width) }
}

function parse(text, { name, datatype }) {
  if (datatype === 'BYTES') return text
  if (datatype === 'BOOL') return text === 'true'
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(number) && text.trim() !== '' && text.trim() !== 'NaN') {
    throw new Error(`${name}: "${text}" is no number`)
  }
  if (datatype.includes('INT') && !Number.isSafeInteger(number)) {
    throw new Error(`${name}: a whole number is needed`)
  }
  return number
}

/** A field for each value of a row, filled with the first golden row. */
function showForm(rows, compute) {
  const fields = rows.flatMap((input) =>
    input.data.map((value, i) => {
      const label = document.createElement('label')
      label.textContent = input.data.length === 1 ? input.name : `${input.name} ${i + 1}`
      const field = document.createElement('input')
      field.value = String(value)
      label.append(field)
      find('fields').append(label)
      return { field, input }
    }),
  )
  find('form').addEventListener('submit', (event) => {
    event.preventDefault()
    const row = () =>
      rows.map((input) => ({
        ...input,
        data: fields
          .filter((one) => one.input === input)
          .map((one) => parse(one.field.value, input)),
      }))
    Promise.resolve().then(row).then(compute).then(showAnswer, showFailure)
  })
  find('form').hidden = false
}

function showAnswer(outputs) {
  find('answer').replaceChildren(
    ...outputs.flatMap(({ name, data }) => {
      const term = document.createElement('dt')
      term.textContent = name
      const value = document.createElement('dd')
      value.textContent = data.join(', ')
      return [term, value]
    }),
  )
}

function showFailure(failure) {
  const line = document.createElement('dd')
  line.textContent = failure.message
  find('answer').replaceChildren(line)
}

async function start() {
  tell('waiting', 'Loading the model')
  const [manifest, golden] = await Promise.all(
    ['manifest.json', 'golden.json'].map(async (path) => (await read(path)).json()),
  )
  const { name, version, sha256 } = manifest.model
  document.title = name
  find('name').textContent = version === null ? name : `${name}, version ${version}`
  find('about').textContent = `SHA-256 ${sha256}`
  const compute = await load(await readModel(manifest), manifest.signature)
  const different = differences(golden, await compute(golden.inputs))
  tell(
    different.length === 0 ? 'passed' : 'failed',
    `${golden.rows} golden rows, ${different.length} outputs differ`,
  )
  showForm(golden.inputs.map(firstRow), compute)
}

start().catch((failure) => tell('failed', failure.message))
