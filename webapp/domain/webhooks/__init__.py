"""Rules of sending events to other sites: when it is tried again, when it is given up, what may be addressed."""
