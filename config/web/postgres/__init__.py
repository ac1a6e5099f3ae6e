"""PostgreSQL as Django's backend has it, but for the question whether a connection still stands."""
