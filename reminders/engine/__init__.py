"""Planning and sending. PostgreSQL is the only truth; whatever rings or wakes only says "look now".

plan.py    due reminders → notifications and deliveries, once each, up to 30 s ahead
claim.py   takes what is due under a lease; gives back what dead workers held
decide.py  still wanted? what does it say? asked at the last moment
inbox.py   the way out that is a row of ours       outside.py   all the others, beside each other
retry.py   when to try again                       loop.py      the worker's own clock
figures.py how it goes, for /metrics

Any number of workers may do all of this at once. The engine works as `guildhall_system`; only
what a source answers is asked with the eyes of the reminder's maker, or with the household's.
"""
