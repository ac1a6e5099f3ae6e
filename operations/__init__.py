"""For those who run Guildhall: the embedded servers and `bin/up`, health, metrics, backups.

`up` and `servers` are the two doors of the commands. They and what they import stand on the
standard library and psycopg alone: they run before there is a database Django could use.
"""
