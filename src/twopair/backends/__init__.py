"""Back ends: where ESP happens, behind one contract (`contract.IpsecBackend`)."""
