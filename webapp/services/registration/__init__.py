"""Who takes part: registering, paying, checking in."""
