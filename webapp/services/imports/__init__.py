"""Files of results taken in."""
