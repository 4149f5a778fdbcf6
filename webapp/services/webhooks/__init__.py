"""Webhooks: endpoints, what is due to them, the sending itself, and what staff and organizers see of it."""
