"""The garbage collector of a service: state that lives long is not looked at again and again."""

import gc


def collect_what_stayed() -> None:
    """Between two turns of a service: what the first has taken up is over, and goes."""
    gc.unfreeze()
    gc.collect()


def collect_nothing() -> None:
    """Until `spare_what_stays`: what a service takes up at its start stays, and there may be much of it."""
    gc.collect()
    gc.freeze()
    gc.disable()


def spare_what_stays() -> None:
    """Keep what the program itself is made of out of every collection, and collect rarely.

    Nodes drop their state by reference counting; cycles are few. With the interpreter's defaults a busy
    P-CSCF spends much of its time in walking over registrations and transactions that are all in use.
    After `collect_nothing` nothing is walked over even once: it was all taken up to stay.
    """
    if gc.isenabled():
        gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 1_000, 100)
    gc.enable()
