"""A media relay and policy control beside a P-CSCF, where its configuration has them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from secrets import token_hex

from twopair.live.config import PcscfFile
from twopair.live.media.rtpengine import Rtpengine
from twopair.live.policy.contract import PolicyControl, Told
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.service.running import Running
from twopair.nodes.media import Side


@asynccontextmanager
async def media(running: Running) -> AsyncIterator[None]:
    """Whoever performs what calls ask for is known before the first call comes."""
    settings, driver = running.settings, running.driver
    async with AsyncExitStack() as opened:
        for beside in (_relay(running), _policy(settings, driver.feed)):
            if beside is None:
                continue
            driver.outside |= beside.performs
            try:
                await beside.open()
            except OSError as error:
                raise PrerequisiteMissing(f"{running.file}: {error}") from None
            opened.push_async_callback(beside.close)
        yield


def _relay(running: Running) -> Rtpengine | None:
    table = running.settings.media
    if table.relay == "off":
        return None
    names = {Side.GM: table.gm_interface, Side.CORE: table.core_interface}
    return Rtpengine(table.rtpengine, names, running.driver.feed, token_hex(4))


def _policy(settings: PcscfFile, told: Told) -> PolicyControl | None:
    table = settings.policy
    if table.control == "off":
        return None
    if table.pcf is None:
        from twopair.live.diameter.local import RX  # noqa: PLC0415  what is loaded where there is Rx
        from twopair.live.policy.rx import Rx  # noqa: PLC0415

        assert settings.diameter is not None, "together says so"
        assert table.rx_realm is not None, "together says so"
        return Rx(settings.diameter.local(table.rx_realm, (RX,)), table.rx_realm, told)
    try:
        from twopair.live.policy.n5 import N5  # noqa: PLC0415  an extra
    except ImportError as error:
        raise PrerequisiteMissing(
            f"policy.pcf: needs the package {error.name}; pip install 'twopair[n5]'"
        ) from None
    assert table.listen is not None, "together says so"
    return N5(table.pcf, table.listen, told, table.timeout_s)
