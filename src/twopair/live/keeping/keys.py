"""The keys under which SA keys are kept, in a file that only its owner may read (KEY-10)."""

import os
from pathlib import Path
from stat import S_IMODE, S_IRWXG, S_IRWXO
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash

_NAME_OCTETS: Final = 4
_NONCE_OCTETS: Final = 12
_KEY_OCTETS: Final = 32


class KeyFault(Exception):
    """The key file cannot be used, or does not have the key; the text says what is wrong and what to do."""


class Ring:
    """Keys of AES-256-GCM; the first seals, all open.

    Args:
        keys: at least one of 32 octets.
    """

    def __init__(self, *keys: bytes) -> None:
        self._ciphers = {_name(key): AESGCM(key) for key in keys}
        self._first, self._cipher = next(iter(self._ciphers.items()))

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Octets that only a holder of the key can read, and only as being `about` that."""
        nonce = os.urandom(_NONCE_OCTETS)
        return self._first + nonce + self._cipher.encrypt(nonce, plain, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed. Raises KeyFault: another key, something else, or somebody has changed it."""
        cipher = self._ciphers.get(sealed[:_NAME_OCTETS])
        if cipher is None:
            raise KeyFault("was sealed with another key")
        body = sealed[_NAME_OCTETS:]
        try:
            return cipher.decrypt(body[:_NONCE_OCTETS], body[_NONCE_OCTETS:], about)
        except InvalidTag:
            raise KeyFault("has been changed since it was sealed") from None


def _name(key: bytes) -> bytes:
    digest = Hash(SHA256())
    digest.update(key)
    return digest.finalize()[:_NAME_OCTETS]


def ring_in(file: Path) -> Ring:
    """The keys in a file, one in each line as 64 hexadecimal digits; the file is made if it is not there.

    Raises:
        KeyFault: others may read it, or it holds no keys.
        OSError: it cannot be read or made.
    """
    if not file.exists():
        _make(file)
    mode = S_IMODE(file.stat().st_mode)
    if mode & (S_IRWXG | S_IRWXO):
        raise KeyFault(f"may be used by others (mode {mode:04o}); chmod 600 {file}")
    try:
        keys = [bytes.fromhex(line) for line in file.read_text().split()]
    except ValueError:
        keys = []
    if not keys or any(len(key) != _KEY_OCTETS for key in keys):
        raise KeyFault("holds no keys; each is a line of 64 hexadecimal digits, the one to seal with first")
    return Ring(*keys)


def add_key(file: Path) -> None:
    """Put a new key before the others, with which all is sealed from now on. Raises OSError."""
    _replace(file, f"{os.urandom(_KEY_OCTETS).hex()}\n{file.read_text()}")


def only_first(file: Path) -> None:
    """Forget all keys but the first. Raises OSError."""
    _replace(file, file.read_text().split()[0] + "\n")


def _make(file: Path) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(os.urandom(_KEY_OCTETS).hex() + "\n")


def _replace(file: Path, text: str) -> None:
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
