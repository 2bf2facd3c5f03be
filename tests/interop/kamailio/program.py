"""Kamailio as a program on a host of a network of programs, with a configuration of ours."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.interop.programs import Program, Programs

_ALL_OF_IT: Final = ("unshare", "--pid", "--fork", "--kill-child")
"""Its processes end with the first of them, however that ends."""

_LOG: Final = ("sh", "-c", 'exec "$@" 2>"$0"')
"""Its log goes to a file: a pipe would be full before anybody looks."""


def start(
    network: Programs,
    host: str,
    configuration: Path,
    values: Mapping[str, str],
    folder: Path,
    defines: Sequence[str] = (),
    shared_mb: int = 64,
) -> tuple[Program, Path]:
    """Run it until the network ends; gives the program and its log.

    Args:
        network: where the host is.
        host: its name.
        configuration: the file with what stands between two @.
        values: what to put there.
        folder: for its files.
        defines: names that the configuration asks for.
        shared_mb: memory that its processes share.
    """
    text = configuration.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    file, log, here = folder / configuration.name, folder / f"{configuration.stem}.log", str(folder)
    file.write_text(text)
    words = [
        "kamailio",
        "-f",
        str(file),
        "-DD",
        "-E",
        "-m",
        str(shared_mb),
        "-M",
        "8",
        "-Y",
        here,
        "-w",
        here,
    ]
    words += [word for name in defines for word in ("-A", name)]
    return network.run(host, *_ALL_OF_IT, *_LOG, str(log), *words), log
