"""From results to published boards and their snapshots, and what staff set above them."""
