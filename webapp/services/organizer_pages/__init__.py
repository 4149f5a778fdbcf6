"""What the pages of an organizer show."""
