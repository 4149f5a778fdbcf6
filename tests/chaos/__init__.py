"""Chaos: the whole site under random SIGKILLs and an emptied Redis. `python -m tests.chaos --kills 1000`."""
