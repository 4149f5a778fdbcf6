"""What every change rests on: the transaction, the log, the outbox, the audit, who may do what."""
