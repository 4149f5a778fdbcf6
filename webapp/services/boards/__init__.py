"""Boards as people and programs read them."""
