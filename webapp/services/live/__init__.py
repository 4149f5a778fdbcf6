"""What may be shown to whom while a tournament is played, and how watchers are told."""
