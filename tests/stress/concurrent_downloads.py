"""Many processes fetch one file at the same moment, again and again: one good file must be left each time.

    python tests/stress/concurrent_downloads.py [--rounds 20] [--processes 8]

The mirror is a server on 127.0.0.1. Every other round one process is killed on the way, as a student's
impatient Ctrl-C would. The last line counts what went wrong; the exit status is 1 if anything did.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import http.server
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pydl.data.fetch import PublishedFile, obtain
from pydl.errors import DataError

SIZE = 2_000_000  # bytes of the file, incompressible
DEADLINE = 60  # seconds for one round
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


@contextlib.contextmanager
def serve(answers: dict[str, bytes], together: int = 1) -> Iterator[str]:
    """Serve `answers`, {path: body}, on 127.0.0.1, once `together` requests wait; give the address."""
    gate = threading.Barrier(together, timeout=DEADLINE)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait()
            body = answers.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # of a client that was killed
                self.wfile.write(body or b"")

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetch(file: PublishedFile, folder: str) -> None:
    """Fetch `file` into `folder`; exit with 0 only if the content is right."""
    os.environ["PYDL_DATA"] = folder
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115  eight progress bars
    try:
        good = hashlib.sha256(obtain(file)).hexdigest() == file.sha256
    except DataError:
        good = False
    sys.exit(not good)


def play(file: PublishedFile, processes: int, kill: bool) -> list[str]:
    """Play one round and return what went wrong."""
    method = multiprocessing.get_context(METHOD)
    with tempfile.TemporaryDirectory() as folder:
        crew = [method.Process(target=fetch, args=(file, folder)) for _ in range(processes)]
        for process in crew:
            process.start()
        if kill:
            end = time.monotonic() + DEADLINE
            while not (Path(folder) / file.folder).exists() and time.monotonic() < end:
                time.sleep(0.001)  # until the first one is about to write
            crew.pop().kill()
        for process in crew:
            process.join(DEADLINE)
            process.kill()  # whoever hangs; no effect on the others
        wrong = [f"process {p.pid} ended with {p.exitcode}" for p in crew if p.exitcode != 0]
        left = sorted((Path(folder) / file.folder).iterdir())
        parts = [path for path in left if path.suffix == ".part"]
        if [path for path in left if path not in parts] != [Path(folder) / file.folder / file.name]:
            wrong.append(f"left behind: {left}")
        if len(parts) > kill:
            wrong.append(f"stray files: {parts}")
        if hashlib.sha256((Path(folder) / file.folder / file.name).read_bytes()).hexdigest() != file.sha256:
            wrong.append("the file left is damaged")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=8)
    arguments = parser.parse_args()
    if METHOD == "forkserver":  # eight fresh interpreters would spend their time importing
        multiprocessing.set_forkserver_preload(["pooch", "requests", "tqdm.auto", "pydl.data.fetch"])
    content = np.random.default_rng(0).bytes(SIZE)
    failures = 0
    with serve({"/file.gz": gzip.compress(content, 1)}, arguments.processes) as address:
        file = PublishedFile("set", "file", SIZE, hashlib.sha256(content).hexdigest(), (f"{address}/file.gz",))
        for number in range(arguments.rounds):
            for problem in play(file, arguments.processes, kill=number % 2 == 1):
                failures += 1
                print(f"round {number}: {problem}")
    print(f"{arguments.rounds} rounds of {arguments.processes} processes: {failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
