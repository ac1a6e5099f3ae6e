"""The gates of delivery, measured: python -m bench.delivery [GATE…]

town.py     one installation as `bin/up` runs it, with its own PostgreSQL and Valkey, and a sink
sink.py     the provider: takes a POST, notes key and time     way.py  how the worker gets there
control.py  Celery's `apply_async(eta=…)` to the same sink
stock.py    households and reminders, made in bulk             gates.py  one function a gate
"""
