"""Network namespaces that nothing but this process holds.

A namespace made here has no name and no mount: an open file keeps it, so it goes, and every link in
it, when the process ends, however it ends. Python 3.11 has neither `unshare` nor `setns`.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EPERM
from pathlib import Path
from socket import socket
from typing import Final

from twopair.base import Endpoint
from twopair.live.prerequisite import PrerequisiteMissing

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_THIS_THREAD: Final = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, call: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")


def _unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def _setns(fd: int) -> None:
    _check(_libc.setns(fd, _CLONE_NEWNET), "setns")


class Namespace:
    """A network namespace; a `SocketFactory` for what lives in it.

    Raises:
        PrerequisiteMissing: this process may not make one, see `gain_rights`.
    """

    def __init__(self) -> None:
        outside = os.open(_THIS_THREAD, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _unshare(_CLONE_NEWNET)
            try:
                self.fd = os.open(_THIS_THREAD, os.O_RDONLY | os.O_CLOEXEC)
            finally:
                _setns(outside)
        except OSError as error:
            raise PrerequisiteMissing(f"no network namespace can be made: {error.strerror}") from None
        finally:
            os.close(outside)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have this thread, and no other, inside the namespace for a while. Do not await in it."""
        outside = os.open(_THIS_THREAD, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(self.fd)
            try:
                yield
            finally:
                _setns(outside)
        finally:
            os.close(outside)

    def handed(self, _local: Endpoint, _kind: int) -> socket | None:
        """None: who lives in it binds its own."""
        return None

    def socket(self, family: int, kind: int) -> socket:
        """A new socket that stays in the namespace."""
        with self.entered():
            return socket(family, kind)

    def close(self) -> None:
        """Let it go; it ends with the last socket that lives in it."""
        os.close(self.fd)


def gain_rights() -> None:
    """Make this process able to create network namespaces, in a user namespace if it is not root.

    To be called before any thread is started. User and group stay what they were, so files are
    made and found as before; what is gained holds only for namespaces made from now on.

    Raises:
        PrerequisiteMissing: neither right nor user namespaces.
    """
    try:
        Namespace().close()
    except PrerequisiteMissing:
        uid, gid = os.geteuid(), os.getegid()
        try:
            _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
        except OSError as error:
            raise PrerequisiteMissing(_why_no_user_namespace(error)) from None


def _why_no_user_namespace(error: OSError) -> str:
    """The usual reasons, each with the place where it is set."""
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:
        return f"no user namespace: this process already has {threads} threads"
    if error.errno == EPERM:
        for switch, allowed in (
            ("kernel/unprivileged_userns_clone", "1"),
            ("kernel/apparmor_restrict_unprivileged_userns", "0"),
        ):
            path = Path("/proc/sys") / switch
            if path.exists() and path.read_text().strip() != allowed:
                return f"no user namespace: needs sysctl {switch.replace('/', '.')}={allowed}, or root"
    return f"no user namespace ({error.strerror}): needs root, or a system that allows user namespaces"
