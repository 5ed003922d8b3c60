import { packFolder } from '../../runtime/index.ts'
import type { TestServing } from '../test-serving.ts'

const spec = (name: string): string =>
  JSON.stringify([{ type: 'tensor', name, 'tensor-spec': { dtype: 'object', shape: [-1] } }])

/** A Python model that says a prompt word by word, or without end where it begins with a path. */
export const speakingModel: Readonly<Record<string, string>> = {
  MLmodel: `flavors:
  python_function:
    loader_module: speaking
    code: code
    data: data.txt
signature:
  inputs: '${spec('prompt')}'
  outputs: '${spec('said')}'
`,
  'data.txt': 'kept',
  'requirements.txt': '',
  'code/speaking.py': `import time
class Speaking:
    def predict(self, data):
        return {"said": [str(text).upper() for text in data["prompt"]]}
    def predict_stream(self, data):
        prompt = str(data["prompt"][0])
        if prompt.startswith("/"):
            yield from self.endless(prompt)
            return
        for word in prompt.split():
            if word == "stumble":
                raise ValueError("no such word")
            if word == "number":
                yield {"said": [7]}
            yield {"said": [word + " "]}
    def endless(self, path):
        made = 0
        try:
            while True:
                made += 1
                yield {"said": ["x" * 1000]}
        finally:
            with open(path, "w") as file:
                file.write(str(made))
def _load_pyfunc(path):
    return Speaking()
`,
}

/** Registers a folder of files as a Python model; answers its URI. */
export async function registerFolder(
  { blobs, models, clock }: TestServing,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const stored = await Promise.all(
    Object.entries(files).map(async ([path, content]) => ({
      path,
      digest: (await blobs.put(Buffer.from(content))).digest,
    })),
  )
  const { digest, sizeBytes } = await blobs.put(packFolder(stored))
  return models.add({
    name,
    modelDigest: digest,
    modelSizeBytes: sizeBytes,
    signature: null,
    createdAt: clock.now(),
  })
}
