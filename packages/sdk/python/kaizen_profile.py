"""Profiles of rows for Kaizen's monitors: one file, nothing beside Python 3.8 or newer.

    writer = ProfileWriter("device-7", window_ms=3_600_000)
    writer.add(at_ms, {"temp": 21.5, "city": "Lyon"}, prediction=0.3)
    for upload in writer.take():
        send("http://localhost:7420", "edge-watch", upload, token="kzn_...")

Rows stay where they are. A profile holds, in constant memory, moments, quantiles (KLL, within 1.33 % in rank), frequent
items (exact up to 1024) and distinct values (HyperLogLog, exact up to 1024) of each column, in the serial form of
version 1 that Kaizen merges.
"""

import base64
import json
import math
import struct
import urllib.parse
import urllib.request

K = 200
SMALLEST = 8
BUFFER = 512
EXACT = 1024
REGISTERS = 4096
MASK = 0xFFFFFFFF


def _capacity(level, levels):
    return max(SMALLEST, math.ceil(K * (2 / 3) ** (levels - level - 1)))


def _mix(h):
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & MASK
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


def _finish(low, high):
    a = _mix((low ^ 0x9E3779B9) & MASK)
    b = _mix((high ^ a) & MASK)
    a = _mix((a ^ (b * 0x85EBCA6B)) & MASK)
    b = _mix((b ^ (a * 0xC2B2AE35)) & MASK)
    return a, b >> 11


def _hash_number(value):
    high, low = struct.unpack(">II", struct.pack(">d", value + 0.0))
    return _finish(low, high)


def _hash_text(text):
    units = text.encode("utf-16-le", "surrogatepass")
    a, b = 0x811C9DC5, 0x9747B28C
    for i in range(0, len(units), 2):
        unit = units[i] | units[i + 1] << 8
        a = ((a ^ unit) * 0x01000193) & MASK
        b = ((b ^ unit ^ (a >> 15)) * 0x5BD1E995) & MASK
    return _finish(a ^ (len(units) // 2), b)


class _Distinct:
    """Distinct values: hashes up to 1024 of them, else HyperLogLog."""

    def __init__(self):
        self.hashes = set()
        self.registers = None

    def add(self, low, high):
        if self.registers is None:
            self.hashes.add(high * 2**32 + low)
            if len(self.hashes) > EXACT:
                self.registers = bytearray(REGISTERS)
                for known in self.hashes:
                    self._rank(known & MASK, known >> 32)
                self.hashes = set()
        else:
            self._rank(low, high)

    def _rank(self, low, high):
        index = high & (REGISTERS - 1)
        rank = 33 if low == 0 else 33 - low.bit_length()
        self.registers[index] = max(self.registers[index], rank)

    def form(self):
        head = {"kind": "distinct", "version": 1}
        if self.registers is None:
            return {**head, "hashes": sorted(self.hashes)}
        return {**head, "registers": base64.b64encode(bytes(self.registers)).decode()}


class _Quantiles:
    """The KLL sketch of Karnin, Lang and Liberty (2016)."""

    def __init__(self):
        self.levels = [[]]
        self.buffer = []
        self.count = 0
        self.random = 0x2545F491

    def add(self, value):
        self.buffer.append(value)
        if len(self.buffer) == BUFFER:
            self._flush()

    def _flush(self):
        self.count += len(self.buffer)
        self.levels[0] = sorted(self.levels[0] + self.buffer)
        self.buffer = []
        h = 0
        while h < len(self.levels):
            levels = len(self.levels)
            if sum(map(len, self.levels)) <= sum(_capacity(i, levels) for i in range(levels)):
                return
            level = self.levels[h]
            if len(level) > _capacity(h, levels) and len(level) >= 2:
                kept = len(level) % 2
                survivors = level[kept + self._bit() :: 2]
                self.levels[h] = level[:kept]
                if h + 1 == levels:
                    self.levels.append([])
                self.levels[h + 1] = sorted(self.levels[h + 1] + survivors)
            h += 1

    def _bit(self):
        x = self.random
        x ^= (x << 13) & MASK
        x ^= x >> 17
        x ^= (x << 5) & MASK
        self.random = x
        return (x >> 16) & 1

    def form(self, low, high):
        self._flush()
        items = [value for level in self.levels for value in level]
        signed = self.random - 2**32 if self.random >= 2**31 else self.random
        return {
            "kind": "quantiles",
            "version": 1,
            "k": K,
            "count": self.count,
            "min": low,
            "max": high,
            "random": signed,
            "lengths": [len(level) for level in self.levels],
            "items": base64.b64encode(struct.pack("<%dd" % len(items), *items)).decode(),
        }


class _Numeric:
    def __init__(self):
        self.count = self.infinite = self.missing = self.zeros = self.negatives = 0
        self.sum = self.mean = self.m2 = self.m3 = self.m4 = 0.0
        self.low, self.high = None, None
        self.quantiles, self.distinct = _Quantiles(), _Distinct()

    def add(self, value):
        if math.isinf(value):
            self.infinite += 1
            self.distinct.add(*_hash_number(value))
            return
        self.count += 1
        self.zeros += value == 0
        self.negatives += value < 0
        self.sum += value
        n, delta = self.count, value - self.mean
        step = delta / n
        term = delta * step * (n - 1)
        self.mean += step
        self.m4 += term * step * step * (n * n - 3 * n + 3) + 6 * step * step * self.m2 - 4 * step * self.m3
        self.m3 += term * step * (n - 2) - 3 * step * self.m2
        self.m2 += term
        self.low = value if self.low is None else min(self.low, value)
        self.high = value if self.high is None else max(self.high, value)
        self.quantiles.add(value)
        self.distinct.add(*_hash_number(value))

    def form(self):
        names = ("count", "missing", "infinite", "zeros", "negatives", "sum", "mean", "m2", "m3", "m4")
        moments = {name: getattr(self, name) for name in names}
        return {
            "kind": "numeric",
            "version": 1,
            "moments": {**moments, "min": self.low, "max": self.high},
            "quantiles": self.quantiles.form(self.low, self.high),
            "distinct": self.distinct.form(),
        }


class _Categorical:
    def __init__(self):
        self.count, self.error, self.counts = 0, 0, {}
        self.lengths = {"sum": 0, "min": None, "max": None}
        self.distinct = _Distinct()

    def add(self, label):
        self.count += 1
        self.counts[label] = self.counts.get(label, 0) + 1
        self.distinct.add(*_hash_text(label))
        known, length = self.lengths, len(label)
        known["sum"] += length
        known["min"] = length if known["min"] is None else min(known["min"], length)
        known["max"] = length if known["max"] is None else max(known["max"], length)
        if len(self.counts) > EXACT:
            median = sorted(self.counts.values())[len(self.counts) // 2]
            self.error += median
            self.counts = {k: n - median for k, n in self.counts.items() if n > median}

    def form(self):
        items = sorted(self.counts.items(), key=lambda one: (-one[1], one[0].encode("utf-16-be", "surrogatepass")))
        frequent = {"kind": "frequent-items", "version": 1, "count": self.count, "error": self.error}
        return {
            "kind": "categorical",
            "version": 1,
            "count": self.count,
            "missing": 0,
            "lengths": self.lengths,
            "items": {**frequent, "items": [list(one) for one in items]},
            "distinct": self.distinct.form(),
        }


def _is_present(value):
    return value is not None and value != "" and value == value


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _label(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


class _Column:
    """Numeric where the first present value is a number; what is of another type later is mistyped."""

    def __init__(self):
        self.profile, self.mistyped = None, 0

    def add(self, value):
        if not _is_present(value):
            return
        if self.profile is None:
            self.profile = _Numeric() if _is_number(value) else _Categorical()
        if isinstance(self.profile, _Categorical):
            self.profile.add(_label(value))
        elif _is_number(value):
            self.profile.add(float(value))
        else:
            self.mistyped += 1


class Profile:
    """A profile of rows."""

    def __init__(self):
        self.rows, self.columns, self.prediction = 0, {}, _Column()

    def add(self, inputs, prediction=None):
        self.rows += 1
        for name, value in inputs.items():
            self.columns.setdefault(name, _Column()).add(value)
        self.prediction.add(prediction)

    def form(self):
        known = sorted((name, one) for name, one in self.columns.items() if one.profile is not None)
        answered = self.prediction.profile
        return {
            "kind": "rows",
            "version": 1,
            "rows": self.rows,
            "columns": [{"name": name, "mistyped": one.mistyped, "profile": one.profile.form()} for name, one in known],
            "prediction": None if answered is None else answered.form(),
        }


class ProfileWriter:
    """Gathers rows into one profile a window; `window_ms` is the length of the monitor's windows."""

    def __init__(self, source, window_ms):
        self.source, self.window_ms, self.windows = source, int(window_ms), {}

    def add(self, at_ms, inputs, prediction=None):
        at_ms = int(at_ms)
        start = at_ms // self.window_ms * self.window_ms
        one = self.windows.setdefault(start, [Profile(), at_ms, at_ms])
        one[0].add(inputs, prediction)
        one[1], one[2] = min(one[1], at_ms), max(one[2], at_ms)

    def take(self):
        """The uploads of what was gathered, oldest first; it is forgotten here. The same rows give the same ids."""
        uploads = [
            {
                "id": "%s:%d:%d-%d:%d" % (self.source, start, first, last, profile.rows),
                "from": start,
                "to": start + self.window_ms,
                "profile": profile.form(),
            }
            for start, (profile, first, last) in sorted(self.windows.items())
        ]
        self.windows = {}
        return uploads


def send(server, monitor, upload, token=None, timeout=30):
    """Uploads one profile; the same again is taken once."""
    url = "%s/api/v1/monitors/%s/profiles" % (server.rstrip("/"), urllib.parse.quote(monitor, safe=""))
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = "Bearer " + token
    body = json.dumps(upload, allow_nan=False).encode()
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)
