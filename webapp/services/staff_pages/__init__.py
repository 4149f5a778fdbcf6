"""What the pages of staff show: frozen view objects and the reads that fill them. Names are for pages alone."""
