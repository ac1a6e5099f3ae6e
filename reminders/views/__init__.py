"""The pages of reminders and of the inbox."""
