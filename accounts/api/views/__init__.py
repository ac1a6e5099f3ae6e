"""The API about people and households, one module for each noun."""
