# SPDX-License-Identifier: Apache-2.0
"""A server for tests, with a Redis of its own.

It needs Java 17 and the runnable jar of the server, named by ``QUOIN_JAR`` or given.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from queue import Empty, Queue

from quoin._sync import connect
from quoin.exceptions import QuoinError, Reason

_KEEPER = """
import os, shutil, signal, sys, time
sys.stdin.buffer.read()
server = int(sys.argv[1])
try:
    os.kill(server, signal.SIGTERM)
    for _ in range(100):
        time.sleep(0.1)
        os.kill(server, 0)
    os.kill(server, signal.SIGKILL)
except OSError:
    pass
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""
_SERVES = re.compile(r"serves \S+?:(\d+) (with|without) TLS")


class Server:
    """A server with an embedded Redis in a folder of its own, on a free port.

    ``with Server() as server: quoin.connect(server.address)``. It can be stopped and started again
    on the same port with the same data.
    """

    def __init__(
        self, jar: str | os.PathLike[str] | None = None, *, flags: tuple[str, ...] = ()
    ) -> None:
        found = jar or os.environ.get("QUOIN_JAR")
        if not found:
            raise ValueError("say which jar to start, or set QUOIN_JAR")
        self._jar = str(Path(found).resolve(strict=True))
        self._flags = flags
        self._folder = tempfile.mkdtemp(prefix="quoin-")
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> "Server":
        """Starts it and waits until it serves and has answered a call, because the first one is
        slow. Fails with its output when it does not."""
        # Quick to start, and small: tests do not need the optimising compiler.
        java = ["java", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-jar", self._jar, "serve"]
        flags = ["--port", str(self._port), "--metrics-port", "0", "--http-port", "0"]
        flags += ["--drain-timeout", "1s"]
        self._process = subprocess.Popen(
            [*java, *flags, "--data", str(Path(self._folder, "data")), *self._flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("QUOIN_")},
        )
        self._keeper = _end_with_us(self._process, self._folder)
        lines: Queue[str | None] = Queue()
        threading.Thread(target=_read, args=(self._process, lines), daemon=True).start()
        self._port, is_plain = self._serves(lines)
        if is_plain:
            try:
                with connect(self.address, deadline=60) as q:
                    q.locks.get(name="warm-up")
            except QuoinError as e:
                # One that wants to know who calls has answered, too.
                if e.reason != Reason.UNAUTHENTICATED:
                    raise
        return self

    def stop(self) -> None:
        """Drains and stops it; its data stay."""
        self._end(force=False)

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        self._end(force=True)

    def close(self) -> None:
        """Stops it and removes its data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "Server":
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _serves(self, lines: "Queue[str | None]") -> tuple[int, bool]:
        said: list[str] = []
        while True:
            try:
                line = lines.get(timeout=60)
            except Empty:
                line = None
            if line is None:
                self._end(force=True)
                raise RuntimeError("the server does not start:\n" + "".join(said))
            said.append(line)
            serves = _SERVES.search(line)
            if serves:
                return int(serves.group(1)), serves.group(2) == "without"

    def _end(self, force: bool) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            # Before the number of the server's process can be that of another one.
            keeper.kill()
            keeper.communicate()
        process, self._process = self._process, None
        if process is None:
            return
        if force:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _end_with_us(server: "subprocess.Popen[str]", folder: str) -> "subprocess.Popen[bytes]":
    """Ends a server and removes its data when this process ends without having done so, however it
    ends: then the keeper reads the end of its input."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _KEEPER, str(server.pid), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _read(process: "subprocess.Popen[str]", lines: "Queue[str | None]") -> None:
    if process.stdout is not None:
        try:
            for line in process.stdout:
                lines.put(line)
        except ValueError:
            pass  # It was closed.
    lines.put(None)
