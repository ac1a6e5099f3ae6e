"""English as it is written here: day before month, 24 hours, and weeks from Monday on."""

FIRST_DAY_OF_WEEK = 1
