"""A Redis server of a test, on a Unix socket in its folder; it can be stopped and started in between."""

import shutil
import subprocess
import time
from pathlib import Path
from socket import AF_UNIX, socket

import pytest

SERVER = shutil.which("redis-server")
NEEDS_REDIS = pytest.mark.skipif(SERVER is None, reason="redis-server is not installed")


class RedisServer:
    """What it keeps outlives `stop`: it writes every change to its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def start(self) -> None:
        assert SERVER is not None
        words = "--port 0 --appendonly yes --appendfsync no --save".split()
        places = ["", "--unixsocket", str(self._socket), "--dir", str(self._folder)]
        self._process = subprocess.Popen([SERVER, *words, *places], stdout=subprocess.DEVNULL)
        over = time.monotonic() + 10
        while not self._answers() and time.monotonic() < over:
            time.sleep(0.01)

    def _answers(self) -> bool:
        """The socket is there before anybody listens on it, and listens before the dataset is loaded."""
        with socket(AF_UNIX) as connection:
            connection.settimeout(10)
            if connection.connect_ex(str(self._socket)) != 0:
                return False
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)
