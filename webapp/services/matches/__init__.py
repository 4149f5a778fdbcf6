"""Matches from the schedule to the confirmed result."""
