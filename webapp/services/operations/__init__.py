"""What the operator looks at and turns: flags, health, queues, caches, mail."""
