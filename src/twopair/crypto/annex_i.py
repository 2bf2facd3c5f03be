"""Key expansion from AKA keys to ESP keys (TS 33.203 Annex I; KEY-01..KEY-07)."""

from dataclasses import dataclass

from twopair.base import Secret


@dataclass(frozen=True, slots=True)
class EspKeys:
    """Keys of one SA set: the same for its four SAs (SA-03).

    Args:
        integrity: IK_ESP for the HMACs (16 or 20 octets) or AES-GMAC (16); empty for AES-GCM.
        encryption: CK_ESP, 16 octets (24 for 3DES); empty where encryption is null.
        salt: 4 octets for AES-GCM and AES-GMAC, else empty.
    """

    integrity: Secret
    encryption: Secret
    salt: Secret
