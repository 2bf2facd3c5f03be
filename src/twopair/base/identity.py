"""Names of a subscriber (TS 23.003 §13.3, §13.4)."""

from typing import NewType

Impi = NewType("Impi", str)
"""IP Multimedia Private Identity, as sent in the username of Authorization: ``001010000000001@ims…``."""

Impu = NewType("Impu", str)
"""IP Multimedia Public Identity, a SIP or tel URI without parameters: ``sip:alice@ims…``."""


def home_domain(imsi: str, mnc_digits: int = 2) -> str:
    """Home network domain of a subscriber without ISIM (UEP-01; 23.003 §13.2).

    Args:
        imsi: 6 to 15 digits: MCC, MNC, MSIN.
        mnc_digits: length of the MNC in the IMSI, 2 or 3; the domain always has three.

    Raises:
        ValueError: not an IMSI.
    """
    if not (imsi.isascii() and imsi.isdigit() and 6 <= len(imsi) <= 15 and mnc_digits in (2, 3)):
        raise ValueError("an IMSI has 6 to 15 digits, its MNC 2 or 3")
    mcc, mnc = imsi[:3], imsi[3 : 3 + mnc_digits]
    return f"ims.mnc{mnc.zfill(3)}.mcc{mcc}.3gppnetwork.org"


def impi_from_imsi(imsi: str, mnc_digits: int = 2) -> Impi:
    """Private identity derived from the IMSI (UEP-01; 23.003 §13.3)."""
    return Impi(f"{imsi}@{home_domain(imsi, mnc_digits)}")


def impu_from_imsi(imsi: str, mnc_digits: int = 2) -> Impu:
    """Temporary public identity derived from the IMSI (UEP-01; 23.003 §13.4B)."""
    return Impu(f"sip:{imsi}@{home_domain(imsi, mnc_digits)}")
