"""Computes the predictions of one Python model, asked over a pair of pipes.

A frame is the length of its head, the length of its body (both unsigned 32 bit, little-endian), a head in JSON, and the
elements of its tensors one after the other. What the model prints goes to standard error, never between frames.
"""

import importlib
import json
import os
import signal
import struct
import sys
import threading
import time
import traceback

LENGTHS = struct.Struct("<II")
LENGTH = struct.Struct("<I")


def private_pipes():
    """The pipes of the server; afterwards nothing that a library writes to descriptor 1 can reach them."""
    asked, answered = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(asked, "rb"), os.fdopen(answered, "wb")


def die_with(parent):
    """Ends this process when the server is gone, also while the model computes."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError):
        pass

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def read_frame(pipe):
    lengths = pipe.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack(lengths)
    return json.loads(pipe.read(head)), memoryview(pipe.read(body))


def write_frame(pipe, head, parts=()):
    text = json.dumps(head).encode()
    pipe.write(LENGTHS.pack(len(text), sum(len(part) for part in parts)) + text)
    for part in parts:
        pipe.write(part)
    pipe.flush()


def load(folder, plan):
    """What predicts, and what predicts in parts where there is such a thing."""
    loaded = loaded_from(folder, plan)
    if isinstance(loaded, tuple):
        return loaded
    return loaded, None


def loaded_from(folder, plan):
    """The function that predicts: of the estimator itself, of a loader of the model's own, or of mlflow."""
    for code in plan["code"]:
        sys.path.insert(0, os.path.join(folder, code))
    if plan["kind"] == "estimator":
        path = os.path.join(folder, plan["path"])
        pickle = importlib.import_module(plan["pickle"])
        with open(path, "rb") as file:
            return getattr(pickle.load(file), plan["function"])
    if plan["kind"] == "function":
        return function_of(folder, plan)
    if plan["kind"] == "loader":
        module = importlib.import_module(plan["module"])
        model = module._load_pyfunc(os.path.join(folder, plan["path"]))
        return model.predict, getattr(model, "predict_stream", None)
    import mlflow.pyfunc

    model = mlflow.pyfunc.load_model(folder)
    streams = model.metadata.flavors["python_function"].get("streamable")
    return model.predict, model.predict_stream if streams else None


def function_of(folder, plan):
    """A function of a file; what it imports lies beside it or in the folder."""
    import importlib.util

    path = os.path.join(folder, plan["path"])
    sys.path[:0] = [os.path.dirname(path), folder]
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return getattr(module, plan["function"])


class Tensors:
    """Tensors on their way between frames and what models take and answer."""

    def __init__(self, form, inputs, outputs):
        import numpy

        self.numpy = numpy
        self.form = form
        self.kinds = {spec["name"]: spec["kind"] for spec in inputs}
        self.outputs = outputs
        self.types = {
            "BOOL": numpy.dtype("?"),
            "FP16": numpy.dtype("<f2"),
            "FP32": numpy.dtype("<f4"),
            "FP64": numpy.dtype("<f8"),
            **{f"INT{bits}": numpy.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)},
            **{f"UINT{bits}": numpy.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)},
        }

    def decode(self, specs, body):
        if self.form == "columns" and specs and self.is_block(specs):
            return self.block(specs, body)
        at, arrays = 0, {}
        for spec in specs:
            part = body[at : at + spec["bytes"]]
            at += spec["bytes"]
            arrays[spec["name"]] = self.array(spec, part)
        if self.form == "matrix":
            return next(iter(arrays.values()))
        if self.form == "tensors":
            return arrays
        return self.frame(arrays)

    def array(self, spec, part):
        if spec["datatype"] != "BYTES":
            # A copy of its own: models may write into what they are given.
            flat = self.numpy.frombuffer(part, self.types[spec["datatype"]]).copy()
            return flat.reshape(spec["shape"])
        texts, at = [], 0
        while at < len(part):
            (length,) = LENGTH.unpack_from(part, at)
            at += LENGTH.size
            texts.append(str(part[at : at + length], "utf-8"))
            at += length
        flat = self.numpy.empty(len(texts), dtype=object)
        flat[:] = texts
        return flat.reshape(spec["shape"])

    def is_block(self, specs):
        """Whether all columns are numbers of one type, of which pandas makes one block in any case."""
        return all(
            spec["datatype"] == specs[0]["datatype"] != "BYTES"
            and spec["bytes"] == specs[0]["bytes"]
            and self.kinds[spec["name"]] != "datetime"
            for spec in specs
        )

    def block(self, specs, body):
        """The block itself, filled: a third of the time of as many columns that pandas puts together."""
        import pandas

        # A copy of its own: models may write into what they are given.
        flat = self.numpy.frombuffer(body, self.types[specs[0]["datatype"]]).copy()
        names = [spec["name"] for spec in specs]
        return pandas.DataFrame(flat.reshape(len(specs), -1).T, columns=names, copy=False)

    def frame(self, arrays):
        import pandas

        columns = {}
        for name, array in arrays.items():
            column = array.reshape(-1)
            columns[name] = pandas.to_datetime(column) if self.kinds[name] == "datetime" else column
        return pandas.DataFrame(columns)

    def encode(self, answer, rows):
        heads, parts = [], []
        for spec, value in self.named(answer):
            head, part = self.output(spec, value, rows)
            heads.append(head)
            parts.append(part)
        return heads, parts

    def named(self, answer):
        """Each output of the signature with its value, by name where the answer has names."""
        if len(self.outputs) == 1 and not isinstance(answer, dict):
            return [(self.outputs[0], answer)]
        if isinstance(answer, dict) or hasattr(answer, "columns"):
            names = list(answer.keys())
            if any(spec["name"] not in names for spec in self.outputs):
                if len(names) != len(self.outputs):
                    raise Mismatch(f"it has the columns {names}")
                return list(zip(self.outputs, (answer[name] for name in names)))
            return [(spec, answer[spec["name"]]) for spec in self.outputs]
        table = self.numpy.asarray(answer)
        if table.ndim != 2 or table.shape[1] != len(self.outputs):
            raise Mismatch(f"it has the shape {list(table.shape)}")
        return [(spec, table[:, i]) for i, spec in enumerate(self.outputs)]

    def output(self, spec, value, rows):
        try:
            array = self.numpy.asarray(value)
        except ValueError as failure:
            raise Mismatch(f"\"{spec['name']}\" is ragged: {failure}") from None
        wanted = [rows if i == 0 and size == -1 and rows is not None else size for i, size in enumerate(spec["shape"])]
        shape = list(array.shape)
        # A column may come as [N] or [N, 1].
        if shape + [1] == wanted[: len(shape)] + [1] and len(wanted) == len(shape) + 1 and wanted[-1] in (1, -1):
            shape.append(1)
        elif len(shape) == len(wanted) + 1 and shape[-1] == 1:
            shape.pop()
        if len(shape) != len(wanted) or any(w not in (-1, s) for w, s in zip(wanted, shape)):
            raise Mismatch(f"\"{spec['name']}\" has the shape {list(array.shape)}, not {wanted}")
        part = self.texts(spec, array) if spec["datatype"] == "BYTES" else self.numbers(spec, array)
        return {"name": spec["name"], "datatype": spec["datatype"], "shape": shape, "bytes": len(part)}, part

    def texts(self, spec, array):
        parts = []
        for value in array.reshape(-1).tolist():
            if not isinstance(value, str):
                raise Mismatch(f"\"{spec['name']}\" holds {type(value).__name__}, not text")
            text = value.encode("utf-8")
            parts += (LENGTH.pack(len(text)), text)
        return b"".join(parts)

    def numbers(self, spec, array):
        wanted = self.types[spec["datatype"]]
        if array.dtype == object or not self.numpy.can_cast(array.dtype, wanted, "same_kind"):
            raise Mismatch(f"\"{spec['name']}\" is of {array.dtype}, not {spec['datatype']}")
        exact = array.astype(wanted)
        # Whole numbers either fit or are refused; they are never wrapped.
        if wanted.kind in "iu" and not self.numpy.array_equal(exact, array):
            raise Mismatch(f"\"{spec['name']}\" does not fit into {spec['datatype']}")
        return exact.tobytes()


class Mismatch(Exception):
    """An answer that the signature of the model does not allow."""


def told(failure):
    text = "".join(traceback.format_exception_only(type(failure), failure)).strip()
    return text[:2000]


def answer(predict, tensors, head, body):
    if head["kind"] == "ping":
        return {"id": head["id"]}, ()
    try:
        outputs = predict(tensors.decode(head["inputs"], body))
    except Exception as failure:
        traceback.print_exc()
        return {"id": head["id"], "failure": "model", "message": told(failure)}, ()
    try:
        heads, parts = tensors.encode(outputs, head["rows"])
    except Exception as failure:
        said = str(failure) if isinstance(failure, Mismatch) else told(failure)
        return {"id": head["id"], "failure": "answer", "message": said[:2000]}, ()
    return {"id": head["id"], "outputs": heads}, parts


class Parts:
    """One answer in parts: each is computed when it is asked for, so that nothing is made that nobody takes."""

    def __init__(self, stream, tensors):
        self.stream = stream
        self.tensors = tensors
        self.parts = None
        self.rows = None

    def answer(self, head, body):
        try:
            if head["kind"] == "stop":
                self.close()
                return {"id": head["id"], "done": True}, ()
            if head["kind"] == "stream":
                self.close()
                self.rows = head["rows"]
                self.parts = iter(self.stream(self.tensors.decode(head["inputs"], body)))
            value = next(self.parts, self)
        except Exception as failure:
            traceback.print_exc()
            self.parts = None
            return {"id": head["id"], "failure": "model", "message": told(failure)}, ()
        if value is self:
            self.parts = None
            return {"id": head["id"], "done": True}, ()
        try:
            heads, parts = self.tensors.encode(value, self.rows)
        except Exception as failure:
            said = str(failure) if isinstance(failure, Mismatch) else told(failure)
            self.parts = None
            return {"id": head["id"], "failure": "answer", "message": said[:2000]}, ()
        return {"id": head["id"], "outputs": heads}, parts

    def close(self):
        parts, self.parts = self.parts, None
        if hasattr(parts, "close"):
            parts.close()


def main():
    asked, answered = private_pipes()
    die_with(os.getppid())
    frame = read_frame(asked)
    if frame is None:
        return
    start = frame[0]
    try:
        predict, stream = load(start["folder"], start["plan"])
        tensors = Tensors(start["plan"]["form"], start["inputs"], start["outputs"])
    except BaseException as failure:
        traceback.print_exc()
        write_frame(answered, {"id": start["id"], "failure": "load", "message": told(failure)})
        return
    write_frame(answered, {"id": start["id"], "streams": stream is not None})
    parts = Parts(stream, tensors)
    while True:
        frame = read_frame(asked)
        if frame is None:
            return
        if frame[0]["kind"] in ("stream", "next", "stop"):
            write_frame(answered, *parts.answer(*frame))
        else:
            write_frame(answered, *answer(predict, tensors, *frame))


if __name__ == "__main__":
    main()
