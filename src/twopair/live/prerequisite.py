"""What this machine lacks."""


class PrerequisiteMissing(Exception):
    """Something outside this program is missing: a right, a device, a kernel feature.

    The text names it, and what to do about it, in one line. The commands end with exit code 3.
    """
