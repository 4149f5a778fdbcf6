"""Brackets: who meets whom, and where winner and loser go. Pure; seeds in, nodes out."""
