"""Calls a tracking server over raw sockets, each answer acknowledged at once or as the system sees fit.

usage: quick_ack.py URL EXPERIMENT SECONDS; prints {"create run, 1 clients": {"quick": calls/s, "plain": calls/s}, ...}
"""
import json
import multiprocessing
import socket
import sys
import time
from urllib.parse import urlparse

API = "/api/2.0/mlflow"


class Connection:
    def __init__(self, url, quick):
        parts = urlparse(url)
        self.host = parts.netloc
        self.quick = quick
        self.socket = socket.create_connection((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.acknowledge()

    def acknowledge(self):
        # The kernel takes this back by itself, so it is said before every read.
        if self.quick:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def post(self, path, body):
        content = json.dumps(body).encode()
        head = f"POST {API}/{path} HTTP/1.1\r\nhost: {self.host}\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        self.socket.sendall(head.encode() + content)
        received = b""
        while True:
            self.acknowledge()
            received += self.socket.recv(65536)
            end = received.find(b"\r\n\r\n")
            if end < 0:
                continue
            lines = received[:end].decode("latin1").lower().split("\r\n")
            length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
            if len(received) >= end + 4 + length:
                if not lines[0].startswith("http/1.1 200"):
                    raise RuntimeError(received.decode())
                return json.loads(received[end + 4 :])


def client(url, experiment, seconds, quick, work):
    connection = Connection(url, quick)
    new_run = {"experiment_id": experiment, "start_time": 1}
    run = connection.post("runs/create", new_run)["run"]["info"]["run_id"]
    calls = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if work == "create run":
            connection.post("runs/create", new_run)
        elif work == "log-parameter":
            connection.post("runs/log-parameter", {"run_id": run, "key": f"p{calls}", "value": "1"})
        else:
            connection.post("runs/log-metric", {"run_id": run, "key": "m", "value": 1.0, "timestamp": 1, "step": calls})
        calls += 1
    return calls / seconds


def main():
    url, experiment, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    found = {}
    for work in ("create run", "log-parameter", "log-metric"):
        for clients in (1, 8):
            rates = {}
            for mode in ("quick", "plain"):
                with multiprocessing.Pool(clients) as pool:
                    asked = [(url, experiment, seconds, mode == "quick", work)] * clients
                    rates[mode] = sum(pool.starmap(client, asked))
            found[f"{work}, {clients} clients"] = rates
    print(json.dumps(found))


if __name__ == "__main__":
    main()
