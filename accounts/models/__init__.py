"""People, households and what they did."""

from accounts.models.absence import Absence
from accounts.models.guild import Guild, Invite, Member, Role
from accounts.models.history import Change, Source
from accounts.models.letter import Letter
from accounts.models.token import AccessToken, Replay
from accounts.models.user import Profile, User

__all__ = [
    "Absence",
    "AccessToken",
    "Change",
    "Guild",
    "Invite",
    "Letter",
    "Member",
    "Profile",
    "Replay",
    "Role",
    "Source",
    "User",
]
