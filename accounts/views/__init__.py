"""Pages about people and households, one module for each noun."""
