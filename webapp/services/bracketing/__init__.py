"""Stages, their nodes, and who moves where."""
