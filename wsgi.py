"""Entry point of web servers, and of `flask --app wsgi …`."""

import os

from webapp import connect_doorbell, create_app

app = create_app()

# An operator's command is over before a thread could help; the scheduler finds what it leaves due within a second.
if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
    connect_doorbell(app)
