"""What the household keeps, one small Django app a slice.

`tags` lies below all slices; `tasks` is the model for every other one; `today` looks over them.
A slice never imports its sibling: what it must ask upwards, it asks a registry of the kernel.
"""
