"""Teams, who is in them, and what they are worth."""
