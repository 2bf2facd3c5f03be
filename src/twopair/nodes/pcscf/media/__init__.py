"""What calls send beside SIP: descriptions that pass, a media relay, a bearer (24.229 §5.2.7, §6.7)."""
