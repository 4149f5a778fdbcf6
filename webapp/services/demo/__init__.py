"""The demo of a first start: people, tournaments, what happens in them."""
