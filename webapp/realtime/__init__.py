"""The web server's own side: one event loop a process that answers polls, hands pages to threads and serves sockets."""
