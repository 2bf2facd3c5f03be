"""pcscf.toml of the examples, changed."""

from pathlib import Path

from twopair.live.config import PcscfFile, read

LAB = Path(__file__).parents[4] / "examples/lab"


def pcscf_file(folder: Path, *replaced: tuple[str, str], more: str = "") -> PcscfFile:
    """What is read of it; each pair is a text that is there and the one in its place."""
    text = (LAB / "pcscf.toml").read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    file = folder / "pcscf.toml"
    file.write_text(text + more)
    return read(file, PcscfFile)
