"""[export]: a running P-CSCF tells a capture server of its messages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from twopair.live.config import PcscfFile
from twopair.live.config.pcscf import Export
from twopair.live.hep_export import HepExport
from twopair.live.service.running import Running


class _Exporter:
    """Whoever looks for the server that the settings name; nobody, where they name none."""

    def __init__(self, running: Running) -> None:
        self._driver = running.driver
        self._settings = Export()
        self._export: HepExport | None = None

    def renew(self, settings: PcscfFile) -> None:
        if settings.export == self._settings:
            return
        self.close()
        self._settings = settings.export
        server, capture_id, auth_key = self._settings.hep, self._settings.capture_id, self._settings.auth_key
        if server is not None:
            self._export = HepExport(server, capture_id, auth_key, self._driver.counters)
            self._driver.taps.append(self._export)

    def close(self) -> None:
        if self._export is not None:
            self._driver.taps.remove(self._export)
            self._export.close()
            self._export = None


@asynccontextmanager
async def exporting(running: Running) -> AsyncIterator[None]:
    """Export from now on, as the settings say."""
    exporter = _Exporter(running)
    exporter.renew(running.settings)
    running.renewed.append(exporter.renew)
    try:
        yield
    finally:
        exporter.close()
