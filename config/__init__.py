"""The frame: settings, the site map, servers' entry points and request plumbing."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
