"""State diagrams in Mermaid's words."""

from collections.abc import Iterable, Iterator


def diagram(steps: Iterable[tuple[str, str, str]], first: str, last: str) -> Iterator[str]:
    """A diagram of (state, what happens, next state); arrows between the same two states become one."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for source, words, target in steps:
        arrows.setdefault((source, target), []).append(words)
    states = dict.fromkeys(state for pair in arrows for state in pair)
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in states:
        if " " in state:
            yield f'    state "{state}" as {_name(state)}'
    yield f"    [*] --> {_name(first)}"
    for (source, target), causes in arrows.items():
        label = "<br/>".join(cause.replace(":", " ").replace(";", ",") for cause in causes)
        yield f"    {_name(source)} --> {_name(target)}: {label}"
    yield f"    {_name(last)} --> [*]"
    yield "```"


def _name(state: str) -> str:
    return state.replace(" ", "_").replace("-", "_")
