"""Who is told of what, when, and by which channel: rules alone."""
