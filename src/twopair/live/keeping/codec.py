"""From what is kept of a registration to octets and back; moments become times of day (MGP-14).

Text of JSON with a version, so that an operator can read it; keys of SAs are sealed. A later version reads
what an earlier one has written: `READERS`.
"""

import json
import struct
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from sys import intern
from typing import Any, Final

from twopair.base import Impi, Secret, Suite
from twopair.core.registration.flows import ALONE, RegFlow
from twopair.core.registration.kept import KeptBinding, KeptChallenge, KeptRegistration, KeptSet
from twopair.core.sa import End, Ports, SaSet, Spis, Stage
from twopair.crypto.annex_i import EspKeys
from twopair.live.keeping.keys import KeyFault, Ring

VERSION: Final = 1

_MOST_SEALED: Final = 4_096
"""How many sealed sets are remembered, so that a set is sealed once and not at every change."""

_JSON: Final = json.JSONDecoder()
_FOUR_PORTS: Final = struct.Struct("!4H")
_FOUR_SPIS: Final = struct.Struct("!4I")
_NONE: Final = Secret(b"")

_STAGES: Final = {stage.value: stage for stage in Stage}


class Unreadable(Exception):
    """A value that cannot be read; the text says why."""


class Sealed(Unreadable):
    """A value whose keys another key seals, or that was changed."""


class Codec:
    """Writes and reads values.

    Args:
        ring: seals keys.
        time_of_day: microseconds from the node's clock to the time of day (POSIX).
        epoch: of the owner that writes, 0 where there is one host only.

    Attributes:
        since: the epochs of sets that were installed in earlier ones, by set.
    """

    def __init__(self, ring: Ring, time_of_day: Callable[[], int], epoch: int = 0) -> None:
        self.since: dict[int, int] = {}
        self._epoch = epoch
        self._ring = ring
        self._time_of_day = time_of_day
        self._written: dict[tuple[str, int], tuple[SaSet, str]] = {}

    def encode(self, value: KeptRegistration) -> bytes:
        """One registration."""
        ahead = self._time_of_day()
        flow, latest = value.flow, value.latest
        impus = [f"[{_quoted(b.impu)},{_list(b.associated)},{b.expires_at + ahead}]" for b in value.bindings]
        sets = [self._set(value.token, kept, ahead) for kept in value.sets]
        return (
            f'{{"v":{VERSION},"impi":{_quoted(value.impi)},'
            f'"flow":[{_quoted(flow.instance)},{flow.reg_id},{_bool(flow.sos)}],'
            f'"token":{_quoted(value.token)},"path":{_quoted(value.path)},"contact":{_quoted(value.contact)},'
            f'"tcp":{_bool(value.over_tcp)},"route":{_quoted(value.service_route)},'
            f'"impus":[{",".join(impus)}],"latest":{"null" if latest is None else latest},'
            f'"sets":[{",".join(sets)}]}}'
        ).encode()

    def _set(self, token: str, kept: KeptSet, ahead: int) -> str:
        stage, until = kept.stage.value, kept.expires_at + ahead
        asked = "" if kept.challenge is None else f',"challenge":{_challenge(kept.challenge)}'
        return f'{{"stage":"{stage}","until":{until},{self._static(token, kept)}{asked}}}'

    def _static(self, token: str, kept: KeptSet) -> str:
        """What of a set never changes, its keys sealed."""
        sa_set, written = kept.sa_set, self._written
        known = written.get((token, sa_set.set_id))
        if known is not None and known[0] is sa_set:
            return known[1]
        parts = [part.reveal() for part in sa_set.keys]
        plain = b"".join([bytes((len(part),)) + part for part in parts])
        since = self.since.get(sa_set.set_id, self._epoch)
        sealed = b2a_base64(self._ring.seal(plain, _about(token, sa_set.spis, since)), newline=False).decode()
        text = (
            f'"id":{sa_set.set_id},"since":{since},'
            f'"ue":{_quoted(sa_set.ue)},"pcscf":{_quoted(sa_set.pcscf)},'
            f'"ports":[{",".join(map(str, sa_set.ports))}],"spis":[{",".join(map(str, sa_set.spis))}],'
            f'"suite":{_list(sa_set.suite)},"keys":"{sealed}","server":{_list(kept.server)}'
        )
        while len(written) >= _MOST_SEALED:
            del written[next(iter(written))]
        written[token, sa_set.set_id] = (sa_set, text)
        return text

    def decode(self, octets: bytes) -> KeptRegistration:
        """One registration. Raises Unreadable."""
        try:
            text = octets.decode().strip()
            read, end = _JSON.raw_decode(text)
            if end < len(text):
                raise ValueError("something follows it")
            return READERS[read["v"]](self, read, self._time_of_day())
        except KeyFault as error:
            raise Sealed(str(error)) from None
        except (ValueError, KeyError, TypeError, IndexError, struct.error) as error:
            raise Unreadable(f"is not a value of this program ({type(error).__name__}: {error})") from None

    def _read_1(self, read: Any, ahead: int) -> KeptRegistration:
        impi, token, path, contact, route = map(
            read.__getitem__, ("impi", "token", "path", "contact", "route")
        )
        "".join((impi, token, path, contact))  # raises TypeError unless all are text, as `intern` does
        flow = tuple(read["flow"])
        return KeptRegistration(
            impi,
            ALONE if flow == ALONE else RegFlow(*flow),
            token,
            path,
            contact,
            read["tcp"],
            intern(route),
            tuple([KeptBinding(impu, _texts(known), until - ahead) for impu, known, until in read["impus"]]),
            read["latest"],
            tuple([self._read_set(token, impi, one, ahead) for one in read["sets"]]),
        )

    def _read_set(self, token: str, impi: Impi, read: Any, ahead: int) -> KeptSet:
        ports, spis, asked = Ports(*read["ports"]), Spis(*read["spis"]), read.get("challenge")
        _FOUR_PORTS.pack(*ports)  # raise struct.error unless all are numbers in their range
        _FOUR_SPIS.pack(*spis)
        since = read.get("since")  # none is of a time before there could be other hosts
        if (since or 0) != self._epoch:
            self.since[read["id"]] = since or 0
        sa_set = SaSet(
            read["id"],
            impi,
            End.PCSCF,
            read["ue"],
            intern(read["pcscf"]),
            ports,
            spis,
            _suite(*read["suite"]),
            _keys(self._ring.open(a2b_base64(read["keys"]), _about(token, spis, since))),
        )
        return KeptSet(
            sa_set,
            _STAGES[read["stage"]],
            read["until"] - ahead,
            _texts(read["server"]),
            None if asked is None else KeptChallenge(_texts(asked[0]), asked[1], asked[2]),
        )


READERS: Final[dict[int, Callable[[Codec, Any, int], KeptRegistration]]] = {
    1: Codec._read_1,  # noqa: SLF001  its own
}
"""How each version is read."""


def _list(texts: Iterable[str]) -> str:
    return f"[{','.join(map(_quoted, texts))}]"


def _bool(truth: bool) -> str:
    return "true" if truth else "false"


def _challenge(asked: KeptChallenge) -> str:
    carrier = "null" if asked.carrier is None else asked.carrier
    return f"[{_list(asked.offer)},{_quoted(asked.nonce)},{carrier}]"


@lru_cache
def _suite(alg: str, ealg: str) -> Suite:
    """The few that there are, and each is one value for all sets."""
    return Suite(alg, ealg)


def _about(token: str, spis: Spis, since: int | None) -> bytes:
    """What sealed keys belong to: they open nothing in the place of others, nor in another block (KEY-08)."""
    uc, us, pc, ps = spis
    block = "" if since is None else f"/{since}"
    return f"{token}{block}/Spis(uc={uc}, us={us}, pc={pc}, ps={ps})".encode()


def _texts(read: list[Any]) -> tuple[Any, ...]:
    """Raises TypeError unless all are text."""
    "".join(read)
    return tuple(read)


def _keys(plain: bytes) -> EspKeys:
    """Of three parts, each behind its length."""
    first = 1 + plain[0]
    second = first + 1 + plain[first]
    return EspKeys(_secret(plain[1:first]), _secret(plain[first + 1 : second]), _secret(plain[second + 1 :]))


def _secret(octets: bytes) -> Secret:
    return Secret(octets) if octets else _NONE
