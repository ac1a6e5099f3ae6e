"""What must not be forgotten, and the proof that it was said.

`Reminder` (what, when, for whom) → `Notification` (one occurrence for one member, her inbox row)
→ `Delivery` (one way out of it, with each attempt).

recurrence.py  when: pure functions            wording.py   the same in words
whom.py        for whom, by which ways         rounds.py    the same in words
actions.py     what members do to reminders    inbox.py     what they do to their inbox
quiet.py       hours in which a way waits      family.py    who was told because another waits
sources.py     what reminders may hang on      engine/      planning and sending, in the worker
channels/      the ways out                    jobs.py      the doorbell that beat rings
"""
