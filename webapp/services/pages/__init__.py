"""What the pages show: frozen view objects and the reads that fill them.

A view object holds exactly what its audience may see, chosen once by the caller; templates receive nothing else.
"""
