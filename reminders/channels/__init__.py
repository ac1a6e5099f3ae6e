"""The ways out. base.py is the contract; each other module is one of them."""
