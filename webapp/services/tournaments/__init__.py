"""The life of a tournament and its settings, from the draft to the winners."""
