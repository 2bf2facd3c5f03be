"""Lines that a person types: edited, completed, and remembered from one time to the next."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import NestedCompleter
from prompt_toolkit.history import FileHistory
from prompt_toolkit.output import ColorDepth

from twopair.live.ue.verbs import VERBS

PROMPT: Final = "> "
_ONLY_MINE: Final = 0o600


class TypedLines:
    """The same as `Lines`, from the terminal: Control-D ends it, Control-C empties the line.

    Args:
        history: file that remembers what was typed; it and its folder are made, for its owner alone.
        known: what may stand for TO in a command.
    """

    def __init__(self, history: Path, known: tuple[str, ...] = ()) -> None:
        history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        history.touch(mode=_ONLY_MINE)
        history.chmod(_ONLY_MINE)
        whom = dict.fromkeys(known)
        words = {name: whom or None if "TO" in verb.arguments else None for name, verb in VERBS.items()}
        self._session: PromptSession[str] = PromptSession(
            PROMPT,
            history=FileHistory(str(history)),
            completer=NestedCompleter.from_nested_dict(words),
            color_depth=ColorDepth.DEPTH_1_BIT if "NO_COLOR" in os.environ else None,
        )

    async def next(self) -> str | None:
        """The next line, None at the end."""
        while True:
            try:
                return await self._session.prompt_async(handle_sigint=False)
            except EOFError:
                return None
            except KeyboardInterrupt:
                continue

    def close(self) -> None:
        """Read no more."""
        with suppress(Exception):
            self._session.app.exit()


def history_file() -> Path:
    """Where what was typed is remembered (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "twopair/ue_history"
