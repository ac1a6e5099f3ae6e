from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts.api.views.absence import AbsenceViewSet
from accounts.api.views.change import ChangeViewSet
from accounts.api.views.guild import GuildDetailViewSet, GuildsViewSet
from accounts.api.views.invite import AcceptViewSet, InviteViewSet
from accounts.api.views.me import MeViewSet, SessionViewSet, TokenViewSet
from accounts.api.views.member import MemberViewSet

mine = SimpleRouter(use_regex_path=False)
mine.register("guilds", GuildsViewSet, "guilds")
mine.register("invites", AcceptViewSet, "accept")
mine.register("me/tokens", TokenViewSet, "tokens")
mine.register("me/sessions", SessionViewSet, "sessions")

household = SimpleRouter(use_regex_path=False)
household.register("members", MemberViewSet, "members")
household.register("absences", AbsenceViewSet, "absences")
household.register("invites", InviteViewSet, "invites")
household.register("changes", ChangeViewSet, "changes")

me = MeViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update"}, detail=True)
guild = GuildDetailViewSet.as_view(
    {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"},
    detail=True,
)
leave = GuildDetailViewSet.as_view({"post": "leave"}, detail=True)
transfer = GuildDetailViewSet.as_view({"post": "transfer"}, detail=True)

urlpatterns = [
    path("me/", me, name="me"),
    path("guilds/<uuid:guild>/", guild, name="guild"),
    path("guilds/<uuid:guild>/leave/", leave, name="leave"),
    path("guilds/<uuid:guild>/transfer/", transfer, name="transfer"),
    path("guilds/<uuid:guild>/", include(household.urls)),
    *mine.urls,
]
