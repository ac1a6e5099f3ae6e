"""Ends with code 1 and one line when the environment holds a value that the settings refuse."""

from __future__ import annotations

import sys

from django.core.exceptions import ImproperlyConfigured


def main() -> int:
    try:
        import config.settings  # noqa: F401  Reading it is the test.
    except ImproperlyConfigured as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
