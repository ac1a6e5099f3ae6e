"""What people can do to households, members, invitations and keys."""
