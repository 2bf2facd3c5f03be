"""The ladder: who said what to whom, through which ports, in which SA. As wide as the screen."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any, Final

from rich.text import Text

from twopair.base import SECOND, Micros, Refused
from twopair.core.sa import End, SaSet
from twopair.demo.canvas import Row, folded
from twopair.demo.figure import two_pairs
from twopair.demo.lifelines import CLEAR, ESP, WIDTH, Arrow, Columns, Lifelines
from twopair.demo.record import CORE, GM, Connects, Fact, Host, Moment, Said, Scene, SetGone, SetUp
from twopair.inspect import SeenMessage
from twopair.nodes.facts import Registered, RegistrationFailed, Resynchronised
from twopair.wire.sip import Request

_CORE_STEP: Final = {"SM1": "SM2", "SM6": "SM5", "SM7": "SM8", "SM12": "SM11"}
"""The same message behind the P-CSCF (33.203 §6.1); SM3, SM4, SM9, SM10 stay inside the home network."""

_COUNT: Final = {2: "two", 4: "four"}

_UE, _ANY, _HOME = "ue", "", "home"

_WORDS: Final[dict[type, tuple[str, Callable[[Any], str]]]] = {
    Registered: (_UE, lambda fact: f"· registered for {fact.expires_s} s"),
    RegistrationFailed: (_UE, lambda fact: f"· not registered: {fact.reason}"),
    Resynchronised: (_HOME, lambda _fact: "· AUTS verified: SQN follows the card"),
    Refused: (_ANY, lambda fact: f"✗ {fact.refusal.words}"),
}
"""Facts that are worth a remark: how the name of the host begins at which, and what it says."""


class Ladder:
    """Draws moments in their order.

    Args:
        hosts: everyone who takes part.
        begin: the moment that is 0.000.
        width: columns of the screen; see `Columns.of`.
    """

    def __init__(self, hosts: Sequence[Host], begin: Micros, width: int = WIDTH) -> None:
        self._columns = Columns.of(width)
        self._hosts = {host.name: host for host in hosts}
        self._begin = begin
        self._time = begin
        self._standing: dict[tuple[str, ...], set[str]] = {}
        self._lifelines = self._place(())

    def draw(self, moments: Iterable[Moment]) -> Iterator[Text]:
        """Every row, with a heading at the start of each scene."""
        for scene, within in _scenes(moments):
            yield from self._scene(scene, within)

    def _scene(self, scene: Scene | None, within: Sequence[Moment]) -> Iterator[Text]:
        self._lifelines = self._place(within)
        if scene is not None:
            self._time = scene.time
            yield Text()
            yield from heading(scene.title, self._columns.width)
        for row in self._lifelines.heading():
            yield row.text()
        for moment in within:
            for row in self._moment(moment):
                yield row.text()

    def _place(self, moments: Sequence[Moment]) -> Lifelines:
        """Lifelines for those who speak on Gm in these moments."""
        speaking = {
            h.name for m in moments if isinstance(m, Said) and m.link == GM for h in (m.sender, m.receiver)
        }
        ues = [h for h in self._hosts.values() if h.is_ue and (h.name in speaking or not speaking)]
        pcscf, home = self._hosts["pcscf"], self._hosts["home"]
        right = ues[1] if len(ues) > 1 and speaking else home
        return Lifelines(self._columns, ues[0], pcscf, right)

    def _moment(self, moment: Moment) -> Iterator[Row]:
        rows: Iterator[Row] = iter(())
        match moment:
            case Said(link=link):
                rows = self._core(moment) if link == CORE else self._gm(moment)
            case SetUp():
                rows = self._set_up(moment)
            case SetGone():
                rows = self._note(
                    moment.host, f"□ set removed, with its {_COUNT[len(moment.sa_set.arrows)]} SAs"
                )
            case Connects():
                rows = self._connects(moment)
            case Fact():
                rows = self._fact(moment)
        first = True
        for row in rows:
            if first:
                yield from self._clock(moment.time, row)
            yield row
            first = False

    def _clock(self, time: Micros, row: Row) -> Iterator[Row]:
        """Write the time, and a gap before it if long nothing was said."""
        if time - self._time >= SECOND:
            gap = self._lifelines.row()
            gap.end(6, "┊", "dim")
            yield gap
        self._time = time
        row.end(6, f"{(time - self._begin) / SECOND:.3f}", "dim")

    def _gm(self, said: Said) -> Iterator[Row]:
        start, end = self._lifelines.at(said.sender), self._lifelines.at(said.receiver)
        if start is None or end is None:
            return
        seen = said.seen
        low = min(start, end)
        yield from self._lifelines.label(low, _headline(seen), seen.step)
        arrow = Arrow(
            stroke=CLEAR if seen.sa is None else ESP,
            start=start,
            end=end,
            port_at_start=str(seen.src.port),
            port_at_end=str(seen.dst.port),
            lost=seen.sa is not None and _end_of(said.receiver) not in seen.held_by,
        )
        yield from self._carried(arrow, _carriage(seen))

    def _carried(self, arrow: Arrow, words: str) -> Iterator[Row]:
        """An arrow with its words; what does not fit on it stands below."""
        on_it, *below = folded(words, arrow.room)
        row = self._lifelines.row()
        arrow._replace(words=on_it).draw(row)
        yield row
        for line in below:
            row = self._lifelines.row()
            row.put(min(arrow.start, arrow.end) + 4, line, arrow.stroke.style)
            yield row

    def _connects(self, moment: Connects) -> Iterator[Row]:
        start, end = self._lifelines.at(moment.sender), self._lifelines.at(moment.receiver)
        segment, head = moment.seen.segment, moment.seen.esp
        if start is None or end is None or segment is None:
            return
        arrow = Arrow(
            stroke=CLEAR if head is None else ESP,
            start=start,
            end=end,
            port_at_start=str(segment.src.port),
            port_at_end=str(segment.dst.port),
        )
        words = "TCP connects" if head is None else f"TCP connects inside {head.sa or 'an unknown SA'}"
        yield from self._carried(arrow, words)

    def _core(self, said: Said) -> Iterator[Row]:
        step = _CORE_STEP.get(said.seen.step, "")
        yield from self._lifelines.core_arrow(said.sender, said.receiver, _headline(said.seen), step)

    def _set_up(self, moment: SetUp) -> Iterator[Row]:
        """A note for the first end that has a set, the box of Figure 1 when both have it."""
        sa_set = moment.sa_set
        standing = self._standing.setdefault(_name_on_wire(sa_set), set())
        standing.add(moment.host.name)
        if len(standing) < 2:
            yield from self._note(
                moment.host, f"■ set installed: {_COUNT[len(sa_set.arrows)]} SAs, temporary"
            )
            return
        ue = next(h for h in self._hosts.values() if h.is_ue and h.name in standing)
        yield from two_pairs(self._lifelines, ue, self._hosts["pcscf"], sa_set)

    def _fact(self, moment: Fact) -> Iterator[Row]:
        where, words = _WORDS.get(type(moment.fact), (None, None))
        if where is not None and words is not None and moment.host.name.startswith(where):
            yield from self._note(moment.host, words(moment.fact))

    def _note(self, host: Host, words: str) -> Iterator[Row]:
        """A remark beside a host's lifeline, in as many rows as it needs."""
        x = self._lifelines.at(host)
        if x is None:
            return
        columns = self._columns
        lines = wrap(words, columns.middle - columns.left - 3, subsequent_indent="  ")
        for line in lines:
            row = self._lifelines.row()
            row.put(x + 2 if x < columns.right else x - 1 - max(map(len, lines)), line)
            yield row


def heading(title: str, width: int) -> Iterator[Text]:
    """A title with a line to the right edge; a long one goes on below."""
    *above, last = wrap(title, width - 4)
    for number, line in enumerate((*above, f"{last} ")):
        lead = "   " if number else "── "
        text = lead + line if number < len(above) else (lead + line).ljust(width, "─")
        yield Text(text, "bold", no_wrap=True)


def _scenes(moments: Iterable[Moment]) -> Iterator[tuple[Scene | None, list[Moment]]]:
    """Moments by scene; those before the first have none."""
    scene: Scene | None = None
    within: list[Moment] = []
    for moment in moments:
        if isinstance(moment, Scene):
            if within:
                yield scene, within
            scene, within = moment, []
        else:
            within.append(moment)
    if within:
        yield scene, within


def _headline(seen: SeenMessage) -> str:
    """A start line without what every start line has; a retransmission says so."""
    message = seen.message
    again = "again: " if seen.again else ""
    if isinstance(message, Request):
        return f"{again}{message.method} {message.uri}"
    to = "" if seen.step else f" to {message.cseq.method}"
    return f"{again}{message.status} {message.reason}{to}"


def _carriage(seen: SeenMessage) -> str:
    """What carried it: transport, and SA and SPI."""
    transport = seen.transport.value.lower()
    if seen.sa is None or seen.spi is None:
        return f"clear text · {transport}"
    return f"{seen.sa} · SPI 0x{seen.spi:08x} · {transport}"


def _end_of(host: Host) -> End:
    return End.UE if host.is_ue else End.PCSCF


def _name_on_wire(sa_set: SaSet) -> tuple[str, ...]:
    """What both ends call a set: addresses and SPIs."""
    return (sa_set.ue, sa_set.pcscf, *map(str, sa_set.spis))
