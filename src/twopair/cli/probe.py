"""``twopair probe``: whether this machine's kernel can do the ESP of ipsec-3gpp."""

import json
from typing import Annotated

import typer

from twopair.backends.kernel import probe as kernel
from twopair.base import STATUS
from twopair.live.prerequisite import PrerequisiteMissing


def probe(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find out what the kernel back end can do here: installs and removes a real SA of each algorithm.

    Exit code 3 if it cannot serve with the algorithms that are used by default, over IPv4.
    """
    found = kernel.probe()
    lacking = found.lacking()
    if as_json:
        works = {f"ipv{version}": [str(suite) for suite in found.suites(version)] for version in (4, 6)}
        lacks = [lack.words for lack in found.lacks]
        print(json.dumps({"backend": "kernel", "ok": not lacking, **works, "lacks": lacks}))
        raise typer.Exit(3 if lacking else 0)
    for suite, status in STATUS.items():
        over = " ".join(f"IPv{version}" for version in (4, 6) if suite in found.suites(version))
        print(f"{suite!s:28} {status:10} {over or '-'}")
    for lack in found.lacks:
        print(f"lacking: {lack.words}")
    if lacking:
        raise PrerequisiteMissing(f"no kernel back end: {lacking}")
    print("the kernel back end can be used")
