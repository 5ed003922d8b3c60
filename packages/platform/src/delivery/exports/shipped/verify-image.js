/** Checks that every blob of the image is the one that it is named after, and that the image holds together. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const image = new URL('image/', import.meta.url)
const digest = (content) => createHash('sha256').update(content).digest('hex')
const faults = []
const blob = ({ digest: named, size }) => {
  const content = readFileSync(new URL(`blobs/sha256/${named.slice(7)}`, image))
  if (`sha256:${digest(content)}` !== named) faults.push(`${named} is another file`)
  if (content.length !== size)
    faults.push(`${named} has ${content.length} bytes in place of ${size}`)
  return content
}

const used = new Set()
const { manifests } = JSON.parse(readFileSync(new URL('index.json', image), 'utf8'))
for (const one of manifests) {
  const manifest = JSON.parse(blob(one))
  const config = JSON.parse(blob(manifest.config))
  for (const [i, layer] of manifest.layers.entries()) {
    const found = `sha256:${digest(gunzipSync(blob(layer)))}`
    if (found !== config.rootfs.diff_ids[i]) faults.push(`layer ${i} unpacks to ${found}`)
  }
  for (const { digest: named } of [one, manifest.config, ...manifest.layers])
    used.add(named.slice(7))
}
for (const name of readdirSync(new URL('blobs/sha256', image))) {
  if (!used.has(name)) faults.push(`${name} belongs to nothing`)
}
for (const fault of faults) console.error(fault)
console.log(`${used.size} blobs, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
