"""Figure 1 from a program: play it on this machine, then look at what crossed the wire.

Run it with ``.venv/bin/python examples/figure_1.py``; it needs no root.
"""

from twopair.base import Transport
from twopair.core.sa import ARROWS
from twopair.demo.run import Wanted, play
from twopair.demo.scenarios import SCENARIOS


def main() -> None:
    outcome = play(SCENARIOS["figure1"], Wanted(Transport.TCP))
    sa_set = outcome.recording.sets[0]
    print(f"{sa_set.impi}: two pairs of SAs, {sa_set.suite}")
    for arrow in ARROWS:
        sa = sa_set.association(arrow)
        carried = [
            said.seen.start_line
            for said in outcome.evidence.gm
            if said.seen.spi == sa.spi and sa_set.ue in (said.seen.src.address, said.seen.dst.address)
        ]
        src, dst = (name.value for name in arrow.ports)
        print(
            f"\n{arrow.name}  {src} {sa.selector.src_port} > {dst} {sa.selector.dst_port}  SPI 0x{sa.spi:08x}"
        )
        print("\n".join(f"    {line}" for line in carried) or "    TCP acknowledgements only")
    print("\nall checks hold" if outcome.ok else "\na check failed")


if __name__ == "__main__":
    main()
