"""Reminders and the inbox over the API: the same actions as the pages."""
