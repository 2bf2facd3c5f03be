"""Every metric: its name, what it says, and where it is read; docs/reference/metrics.md is made from it.

Names and units follow the conventions of Prometheus. Labels have few values: no identity, no address.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from twopair.live.keeping.writer import Lag
from twopair.live.metrics.metric import Kind, Metric, Row
from twopair.live.metrics.seen import Host, Seen, WorkerSeen
from twopair.nodes.pcscf import traffic

ERRORS: Final = (
    "after_tenure",
    "bind_failed",
    "export_dropped",
    "illegal_step",
    "listener_failed",
    "no_such_flow",
    "send_failed",
    "unreachable",
)
"""What `Driver.counters` count."""


def _one(read: Callable[[Seen], float]) -> Callable[[Seen], Iterable[Row]]:
    return lambda seen: [((), read(seen))]


def _by(read: Callable[[Seen], Mapping[str, float]]) -> Callable[[Seen], Iterable[Row]]:
    """Rows of a mapping from the value of one label."""
    return lambda seen: [((label,), number) for label, number in read(seen).items()]


def _lag(read: Callable[[Lag], float]) -> Callable[[Seen], Iterable[Row]]:
    """No row where nothing is kept."""
    return lambda seen: [] if seen.lag is None else [((), read(seen.lag))]


def _both(
    which: Callable[[Mapping[str, int]], Iterable[tuple[str, int]]],
) -> Callable[[Seen], Iterable[Row]]:
    """Rows of received and of sent messages."""

    def rows(seen: Seen) -> Iterable[Row]:
        counted = seen.of.running.node.traffic
        for direction, counts in (("received", counted.received), ("sent", counted.sent)):
            for kind, number in which(counts):
                yield (direction, kind), number

    return rows


def _dropped(seen: Seen) -> Iterable[Row]:
    """By port, over all addresses that have it."""
    counts: Counter[tuple[str, str]] = Counter()
    for local, unread, unsent in seen.of.running.driver.dropped():
        counts[str(local.port), "received"] += unread
        counts[str(local.port), "sent"] += unsent
    return counts.items()


def _esp_dropped(seen: Seen) -> Iterable[Row]:
    """The kernel counts those of all workers together: the first one tells them."""
    running = seen.of.running
    if running.settings.part.number > 1 and seen.host.backend == "kernel":
        return []
    return [((reason,), number) for reason, number in running.ipsec.backend.drops().items()]


def _epoch(seen: Seen) -> Iterable[Row]:
    """No row where a host is alone."""
    term = seen.of.running.tenure.term
    return [] if term is None else [((), term.owner.epoch)]


HOST: Final[tuple[Metric[Host], ...]] = (
    Metric(
        "twopair_build_info",
        Kind.GAUGE,
        "Always 1; the labels tell the version, the Python it runs on, and the back end for ESP.",
        ("version", "python", "backend"),
        lambda host: [(host.build, 1)],
        max,
    ),
    Metric(
        "twopair_serving",
        Kind.GAUGE,
        "1 where this host serves, 0 where it stands by or begins; the other metrics are there with 1 only.",
        (),
        lambda host: [((), host.serves)],
        min,
    ),
    Metric(
        "twopair_ready", Kind.GAUGE, "1 where /ready answers 200, else 0.", (), lambda h: [((), h.ready)], min
    ),
)
"""What a host tells that stands by, too."""

SERVING: Final[tuple[Metric[Seen], ...]] = (
    Metric(
        "twopair_owner_epoch",
        Kind.GAUGE,
        "How many owners there have been of a P-CSCF of several hosts; it grows with each takeover.",
        (),
        _epoch,
        max,
    ),
    # what there is
    Metric(
        "twopair_subscribers",
        Kind.GAUGE,
        "Registrations, and attempts that have an SA set, by state.",
        ("state",),
        _by(lambda seen: seen.tally.subscribers),
    ),
    Metric(
        "twopair_sa_sets",
        Kind.GAUGE,
        "SA sets by stage; each has four SAs.",
        ("stage",),
        lambda seen: [((stage.value,), number) for stage, number in seen.tally.stages.items()],
    ),
    Metric(
        "twopair_sip_transactions",
        Kind.GAUGE,
        "SIP transactions.",
        (),
        _one(lambda seen: seen.tally.transactions),
    ),
    Metric(
        "twopair_pending_registers",
        Kind.GAUGE,
        "REGISTER requests that the home network has not answered yet.",
        (),
        _one(lambda seen: seen.tally.pending),
    ),
    Metric(
        "twopair_connections",
        Kind.GAUGE,
        "TCP connections of UEs: in the clear, or inside an SA set.",
        ("protection",),
        lambda seen: [
            (("clear",), seen.tally.clear_streams),
            (("protected",), seen.tally.protected_streams),
        ],
    ),
    # what happened
    Metric(
        "twopair_registrations_total",
        Kind.COUNTER,
        "Registrations that succeeded, new ones and renewed ones.",
        (),
        _one(lambda seen: seen.of.facts.registered),
    ),
    Metric(
        "twopair_registrations_failed_total",
        Kind.COUNTER,
        "Attempts that ended without a registration, by cause: a refusal, the status of the home network "
        "(`status_403`), or `expired`: the UE did not answer the challenge.",
        ("cause",),
        _by(lambda seen: seen.of.facts.failed),
    ),
    Metric(
        "twopair_registrations_ended_total",
        Kind.COUNTER,
        "Registrations that are gone: `by_user`, `by_network` or `expired`.",
        ("reason",),
        _by(lambda seen: seen.of.facts.ended),
    ),
    Metric(
        "twopair_registration_duration_seconds",
        Kind.HISTOGRAM,
        "From the first REGISTER of an attempt to its 200 OK.",
        (),
        lambda seen: seen.of.facts.taken_s,
    ),
    Metric(
        "twopair_sa_set_changes_total",
        Kind.COUNTER,
        "How often an SA set came to a stage.",
        ("stage",),
        lambda seen: [((stage.value,), number) for stage, number in seen.of.facts.stages.items()],
    ),
    Metric(
        "twopair_refusals_total",
        Kind.COUNTER,
        "Messages of peers that were refused, by the name of the refusal.",
        ("refusal",),
        _by(lambda seen: seen.of.facts.refusals),
    ),
    Metric(
        "twopair_limit_refusals_total",
        Kind.COUNTER,
        "Messages and connections that were refused because a limit was reached, by the key of [limits].",
        ("limit",),
        _by(lambda seen: seen.of.facts.limits),
    ),
    Metric(
        "twopair_sip_requests_total",
        Kind.COUNTER,
        "SIP requests received and sent, repeated ones too; methods that are not known here are `other`.",
        ("direction", "method"),
        _both(traffic.requests),
    ),
    Metric(
        "twopair_sip_responses_total",
        Kind.COUNTER,
        "SIP responses received and sent, repeated ones too, by class of status.",
        ("direction", "code"),
        _both(traffic.responses),
    ),
    Metric(
        "twopair_esp_dropped_packets_total",
        Kind.COUNTER,
        "Packets that the back end dropped in silence, by reason; it names those that it has met.",
        ("reason",),
        _esp_dropped,
    ),
    Metric(
        "twopair_udp_dropped_datagrams_total",
        Kind.COUNTER,
        "Datagrams that the kernel threw away at a socket of ours, for it was full or they had not come out "
        "of ESP; and those that could not be sent.",
        ("port", "direction"),
        _dropped,
    ),
    Metric(
        "twopair_driver_errors_total",
        Kind.COUNTER,
        "What went wrong outside SIP, by kind; `illegal_step` is a mistake of ours, please report it.",
        ("kind",),
        _by(lambda seen: {**dict.fromkeys(ERRORS, 0), **seen.of.running.driver.counters}),
    ),
    # the store
    Metric(
        "twopair_store_waiting_changes",
        Kind.GAUGE,
        "Changes that the store does not have yet.",
        (),
        _lag(lambda lag: lag.waiting),
    ),
    Metric(
        "twopair_store_lag_seconds",
        Kind.GAUGE,
        "For how long the oldest change has waited for the store.",
        (),
        _lag(lambda lag: lag.behind_s),
        max,
    ),
    Metric(
        "twopair_store_failing_seconds",
        Kind.GAUGE,
        "For how long the store has failed, 0 while it works.",
        (),
        _lag(lambda lag: lag.failing_s),
        max,
    ),
    Metric(
        "twopair_store_written_changes_total",
        Kind.COUNTER,
        "Changes that the store has taken.",
        (),
        _lag(lambda lag: lag.written),
    ),
    Metric(
        "twopair_store_failed_batches_total",
        Kind.COUNTER,
        "Batches that the store has refused.",
        (),
        _lag(lambda lag: lag.failures),
    ),
    Metric(
        "twopair_store_unjournaled_changes_total",
        Kind.COUNTER,
        "Changes that could not be written to the journal: kill -9 would lose those the store has not.",
        (),
        _lag(lambda lag: lag.unjournaled),
    ),
    Metric(
        "twopair_store_overflows_total",
        Kind.COUNTER,
        "How often more waited than may, so that all registrations were written anew.",
        (),
        _lag(lambda lag: lag.overflows),
    ),
    # the process
    Metric(
        "twopair_event_loop_lag_seconds",
        Kind.HISTOGRAM,
        "By how much a timer of the event loop was late, asked four times a second.",
        (),
        lambda seen: seen.of.pulse.late_s,
    ),
)
"""What a host tells that serves."""

METRICS: Final[tuple[Metric[Any], ...]] = (*HOST, *SERVING)

WORKERS: Final[tuple[Metric[Sequence[WorkerSeen]], ...]] = (
    Metric(
        "twopair_workers",
        Kind.GAUGE,
        "Workers that serve; the other metrics are those of all of them together.",
        (),
        lambda workers: [((), sum(worker.serves for worker in workers))],
    ),
    Metric(
        "twopair_worker_starts_total",
        Kind.COUNTER,
        "How often a worker was started; more than once where it has ended by itself.",
        ("worker",),
        lambda workers: [((str(worker.number),), worker.starts) for worker in workers],
    ),
    Metric(
        "twopair_worker_cpu_seconds_total",
        Kind.COUNTER,
        "CPU time that the process of a worker has used, in user and system mode.",
        ("worker",),
        lambda workers: [((str(worker.number),), worker.cpu_s) for worker in workers],
    ),
    Metric(
        "twopair_worker_resident_memory_bytes",
        Kind.GAUGE,
        "Resident memory of the process of a worker.",
        ("worker",),
        lambda workers: [((str(worker.number),), worker.resident_octets) for worker in workers],
    ),
)
"""What a P-CSCF of several workers tells beside that (`node.workers`)."""
