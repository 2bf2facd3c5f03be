"""Checks of what a scenario has found out beside its recording: one for each finding."""

from collections.abc import Iterable

from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence


def findings(evidence: Evidence) -> Iterable[Check]:
    """All of them, in order; a scenario that was to find something and did not has failed."""
    found = evidence.recording.findings
    if not found:
        yield Check("demo", lambda _evidence: Finding(["nothing was tried"], ""))
    for one in found:
        finding = Finding([], one.detail) if one.ok else Finding([one.detail], "")
        yield Check(one.id, lambda _evidence, finding=finding: finding)  # type: ignore[misc]
