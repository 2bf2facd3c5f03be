"""What is known to be missing of requirements that a test names, and why others are not met."""

from typing import Final

GAPS: Final[dict[str, str]] = {
    "AKA-10": "`rspauth` is computed and tested, no UE looks for Authentication-Info",
    "AKA-18": "one application a card; there is no choice between ISIM and USIM",
    "SA-07": "numbers never wrap; no new AKA run is started as they run out",
    "SA-19": "SPIs are drawn from the whole range",
    "KEY-08": "the kernel draws its own IVs; our engine keeps the partition",
    "UNP-01": "no emergency requests",
    "UNP-02": "no emergency requests",
    "PCS-07": "charging addresses and term-ioi are not kept",
    "UEP-04": "feature tags as configured; none is built in",
    "UEP-09": "no media: resources are there at once; no REFER",
    "UEP-10": "the body is carried; no delivery report",
    "UEP-13": "one P-CSCF a UE",
    "VAR-02": "one scheme, IMS AKA with ipsec-3gpp",
}
"""ID to what is missing. An entry goes with the change that brings it."""
