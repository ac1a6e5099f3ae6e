"""What differs from Django's own formats of a language."""
