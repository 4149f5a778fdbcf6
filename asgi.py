"""Entry point of the web server: pages, fragments and sockets (the Procfile's `web`)."""

from webapp.realtime.server import Server
from wsgi import app

application = Server(app)
