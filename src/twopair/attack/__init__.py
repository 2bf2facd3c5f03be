"""An attacker on Gm, without keys: what it sees, the few moves it has, and the attacks made of them."""
