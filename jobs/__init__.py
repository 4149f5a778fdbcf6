"""RQ entry points: load the app, call a service."""
