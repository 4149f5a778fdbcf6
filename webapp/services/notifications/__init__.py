"""Who is told of what: routing of events, words, mails, Discord, the list and its settings."""
