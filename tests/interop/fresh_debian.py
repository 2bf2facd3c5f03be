"""A Debian that has nothing but what every Debian has, in a folder, and our package in it.

``tools/build-deb`` makes the package while mmdebstrap makes the Debian. Commands run in it by chroot, each
with a mount namespace of its own, so that nothing stays mounted; or systemd boots it, in a container
(systemd-nspawn).
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.interop.programs import Programs
from tests.interop.units import Unit

ROOT = Path(__file__).parents[2]
_TUN = os.makedev(10, 200)
_TUN_MODE = 0o666
"""As udev has it (50-udev-default.rules), which neither a folder nor a container has."""

_TOOLS = {
    "dh": "debhelper",
    "dpkg-buildpackage": "dpkg-dev",
    "lintian": "lintian",
    "mmdebstrap": "mmdebstrap",
    "setpriv": "util-linux",
    "systemd-analyze": "systemd",
    "systemd-nspawn": "systemd-container",
}


def lacking() -> str | None:
    """Why no package can be built and installed here, in one line; None if it can."""
    if os.geteuid() != 0:
        return "a Debian in a folder needs root"
    if "VERSION_CODENAME=bookworm" not in Path("/etc/os-release").read_text():
        return "the package is built on Debian 12 for Debian 12"
    missing = [package for tool, package in _TOOLS.items() if shutil.which(tool) is None]
    return f"missing: apt-get install {' '.join(missing)}" if missing else None


def build() -> Path:
    """The package, built anew."""
    done = subprocess.run(
        [ROOT / "tools/build-deb"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "BIN": str(Path(sys.executable).parent), "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return ROOT / done.stdout.split()[-1]


class FreshDebian:
    """A Debian in a folder.

    Args:
        folder: which is not there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = Path()
        command = ["mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt/lists"]
        options = ["--dpkgopt=force-unsafe-io", "--aptopt=APT::Install-Recommends 0"]
        with subprocess.Popen(
            [*command, *options, "bookworm", str(folder)], stderr=subprocess.PIPE, text=True
        ) as making:
            self.package = build()
            assert making.stderr is not None
            said = making.stderr.read()
        if making.returncode:
            pytest.skip(f"no fresh Debian: {' '.join(said.splitlines()[-3:])}")

    def install(self) -> str:
        """Install the package with what it depends on, as apt does; what apt said."""
        shutil.copy(self.package, self.folder / "root")
        self.run("apt-get", "install", "--yes", "--quiet", f"/root/{self.package.name}")
        tun = self.folder / "dev/net/tun"
        tun.parent.mkdir()
        os.mknod(tun, 0o20666, _TUN)
        tun.chmod(_TUN_MODE)
        return self.run("dpkg", "--status", "twopair")

    def inside(self, *words: str) -> list[str]:
        """The command that runs a command in it."""
        script = f'mount -t proc proc "{self.folder}/proc" && exec chroot "{self.folder}" "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh", *words]

    def run(self, *words: str) -> str:
        """What a command in it says, which succeeds."""
        plain = {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
        env = {"PATH": os.environ["PATH"], "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", **plain}
        done = subprocess.run(self.inside(*words), check=False, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return done.stdout

    def folders_of(self, unit: Unit) -> None:
        """Make the folders that systemd would make for a unit before it starts."""
        owner = ["-o", unit["User"][0], "-g", unit["Group"][0]]
        for key, place in {"StateDirectory": "/var/lib", "RuntimeDirectory": "/run"}.items():
            mode = unit[f"{key}Mode"][0]
            self.run("install", "-d", "-m", mode, *owner, f"{place}/{unit[key][0]}")

    @contextmanager
    def booted(self, network: Programs, host: str) -> Iterator["Booted"]:
        """Boot it as that host."""
        words = ["systemd-nspawn", f"--directory={self.folder}", "--register=no", "--keep-unit", "--quiet"]
        namespace = f"/proc/{os.getpid()}/fd/{network.namespace(host).fd}"
        words += [f"--network-namespace-path={namespace}", "--console=pipe", "--machine=fresh"]
        words += ["--capability=CAP_NET_ADMIN,CAP_NET_RAW"]
        container = subprocess.Popen(
            [*words, "--boot", "--", "--unit=basic.target"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Booted(container)
        finally:
            container.terminate()
            try:
                container.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                container.kill()
                container.communicate()


class Booted:
    """A Debian that systemd runs.

    Args:
        container: systemd-nspawn.
    """

    def __init__(self, container: "subprocess.Popen[str]") -> None:
        self._container = container
        over = time.monotonic() + 60
        while self._try("systemctl", "is-active", "basic.target")[0]:
            if container.poll() is not None or time.monotonic() > over:
                container.kill()
                pytest.skip(f"systemd does not boot here: {' '.join(container.communicate()[0].split())}")
            time.sleep(0.2)
        self.run("chmod", f"{_TUN_MODE:o}", "/dev/net/tun")  # its own, on a tmpfs

    def run(self, *words: str, code: int = 0) -> str:
        """What a command in it says, which ends with that exit code."""
        status, said = self._try(*words)
        assert status == code, said
        return said

    def _try(self, *words: str) -> tuple[int, str]:
        children = (
            Path(f"/proc/{self._container.pid}/task/{self._container.pid}/children").read_text().split()
        )
        if not children:
            return 1, ""
        enter: Sequence[str] = ("nsenter", f"--target={children[0]}", "--all", "--")
        done = subprocess.run([*enter, *words], check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr
