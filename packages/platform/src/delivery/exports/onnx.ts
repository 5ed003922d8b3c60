import type { FileMap } from './tar.ts'

/** Compares a runtime of the reader's own with the golden set. */
const verify = `"""Runs model.onnx with onnxruntime and compares its answers with golden.json."""
import json
import pathlib
import sys

import numpy
import onnxruntime

folder = pathlib.Path(__file__).parent
golden = json.loads((folder / "golden.json").read_text())
types = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64",
    "INT8": "int8", "INT16": "int16", "INT32": "int32", "INT64": "int64",
    "FP32": "float32", "FP64": "float64", "BYTES": "object",
}


def array(tensor):
    return numpy.array(tensor["data"], dtype=types[tensor["datatype"]]).reshape(tensor["shape"])


session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
inputs = {tensor["name"]: array(tensor) for tensor in golden["inputs"]}
answers = session.run([tensor["name"] for tensor in golden["outputs"]], inputs)
tolerance = golden["tolerance"]
different = 0
for tensor, found in zip(golden["outputs"], answers):
    wanted = array(tensor)
    if found.shape != wanted.shape:
        same = False
    elif wanted.dtype.kind == "f":
        same = numpy.allclose(
            found, wanted, rtol=tolerance["relative"], atol=tolerance["absolute"], equal_nan=True
        )
    else:
        same = bool((found == wanted).all())
    if not same:
        different += 1
        print(f"{tensor['name']} differs", file=sys.stderr)
print(f"{golden['rows']} golden rows, {different} outputs differ")
sys.exit(1 if different else 0)
`

/** The model as it is, with a program that checks it. */
export const onnxFiles = (content: Uint8Array): FileMap => ({
  'model.onnx': content,
  'verify.py': verify,
})
