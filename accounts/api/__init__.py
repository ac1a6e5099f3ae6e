"""People and households over the API; `authentication` and `replays` serve every slice."""
