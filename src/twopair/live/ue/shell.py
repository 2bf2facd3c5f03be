"""Commands to a UE, one a line: each has one result, and what happens is told as it happens."""

from asyncio import FIRST_COMPLETED, CancelledError, Task, create_task, wait
from collections.abc import Awaitable
from typing import Final

from twopair.live.program import LEAVE_WITHIN_S, until_told_to_end
from twopair.live.ue.lines import Source
from twopair.live.ue.printer import Printer, events_told
from twopair.live.ue.ue import Ue
from twopair.live.ue.verbs import QUIT, Outcome, act, deregister, hang_up, no, outcome_of, quit_

BESIDE: Final = "&"
"""As the last word of a line: the next command does not wait for the outcome of this one."""

MARK: Final = "* "
"""Before the words of what is no result of a command."""


class Shell:
    """Runs commands on one UE.

    Args:
        ue: the UE, started.
        tell: prints results and events.
        within_s: how long to wait for the outcome of a command, in seconds.
    """

    def __init__(self, ue: Ue, tell: Printer, within_s: float) -> None:
        self._ue = ue
        self._tell = tell
        self._within_s = within_s
        self._beside: set[Task[None]] = set()
        self._all_well = True

    async def run(self, lines: Source, *, stay_registered: bool) -> bool:
        """Obey until the lines end, one is `quit`, or a signal comes; whether every command went well.

        At the end the UE hangs up and de-registers, as if told to.
        """
        async with events_told(self._ue, self._tell, MARK) as self._tell_so_far:
            async with until_told_to_end() as end:
                obeying, ending = create_task(self._obey(lines)), create_task(end.wait())
                await wait({obeying, ending}, return_when=FIRST_COMPLETED)
                if end.is_set():
                    for task in (obeying, *self._beside):
                        task.cancel()
                await wait({obeying})
                ending.cancel()
                if end.is_set():
                    self._within_s = min(self._within_s, LEAVE_WITHIN_S)
            lines.close()
            await self._leave(stay_registered=stay_registered)
            if not obeying.cancelled() and obeying.result():
                await self._result(QUIT, quit_(self._ue, self._within_s))
        return self._all_well

    async def _obey(self, lines: Source) -> bool:
        """Take command after command; whether the last was `quit`."""
        while (line := await lines.next()) is not None:
            beside = line.split()[-1:] == [BESIDE]
            command = (line.strip().removesuffix(BESIDE) if beside else line).strip()
            if command == QUIT:
                return True
            if not command or command.startswith("#"):
                continue
            if beside:
                task = create_task(self._command(command))
                self._beside.add(task)
                task.add_done_callback(self._beside.discard)
            else:
                await self._command(command)
        return False

    async def _leave(self, *, stay_registered: bool) -> None:
        if self._ue.call_now is not None:
            await self._result("hangup", hang_up(self._ue, self._within_s))
        if self._beside:
            await wait(self._beside)
        if self._ue.registered is not None and not stay_registered:
            await self._result("deregister", deregister(self._ue, self._within_s))

    async def _command(self, command: str) -> None:
        await self._result(command.split(maxsplit=1)[0], act(self._ue, command, self._within_s))

    async def _result(self, name: str, doing: Awaitable[Outcome]) -> None:
        """Wait for the outcome, and tell it after what happened before it."""
        try:
            outcome = await outcome_of(doing, self._within_s)
        except CancelledError:
            self._say(name, no("told to end"))
            raise
        self._say(name, outcome)

    def _say(self, name: str, outcome: Outcome) -> None:
        self._tell_so_far()
        self._all_well &= outcome.ok
        values = {"command": name, "ok": outcome.ok, **outcome.values}
        self._tell(values, f"{'ok' if outcome.ok else 'failed'}: {outcome.words}")
