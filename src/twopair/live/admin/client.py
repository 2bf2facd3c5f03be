"""Asks a running P-CSCF, or home network, on its admin socket."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Any, Final

from twopair.live.admin.place import named
from twopair.live.prerequisite import PrerequisiteMissing

_PATIENCE_S: Final = 10.0
_CHUNK: Final = 1 << 16


def ask(
    path: Path, question: str, who: str = "", more: Mapping[str, object] | None = None, of: str = "P-CSCF"
) -> Any:
    """The answer to a question, as JSON has it.

    Args:
        path: of the socket.
        question: its name, or that of an order.
        who: whom it is about.
        more: what else an order says.
        of: who answers, in words.

    Raises:
        PrerequisiteMissing: nobody answers there, or nobody who understands.
    """
    try:
        with socket(AF_UNIX, SOCK_STREAM) as connection:
            connection.settimeout(_PATIENCE_S)
            with named(path) as name:
                connection.connect(name)
            connection.sendall(json.dumps({"ask": question, "who": who, **(more or {})}).encode() + b"\n")
            chunks = []
            while chunk := connection.recv(_CHUNK):
                chunks.append(chunk)
        answer = json.loads(b"".join(chunks))
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise PrerequisiteMissing(f"no {of} answers at {path}: {why}") from None
    except ValueError:
        raise PrerequisiteMissing(f"no {of} answers at {path}: the answer ended early") from None
    if isinstance(answer, dict) and "error" in answer:
        raise PrerequisiteMissing(f"the {of} at {path} says: {answer['error']}")
    return answer
