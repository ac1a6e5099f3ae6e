from __future__ import annotations

from django.urls import include, path

from accounts.live import live_ticket
from accounts.views import absence, guild, history, invite, me, member

pages = [
    path("g/", guild.guilds, name="guilds"),
    path("join/", invite.join_by_link, name="join_by_link"),
    path("me/", me.me, name="me"),
    path("me/tokens/", me.tokens, name="tokens"),
    path("me/tokens/<uuid:pk>/revoke/", me.revoke_token, name="revoke_token"),
    path("g/<slug:slug>/reopen/", guild.reopen, name="reopen"),
    path("g/<slug:slug>/settings/", guild.settings, name="settings"),
    path("g/<slug:slug>/settings/close/", guild.close, name="close"),
    path("g/<slug:slug>/members/", member.members, name="members"),
    path("g/<slug:slug>/members/<uuid:pk>/", member.member, name="member"),
    path("g/<slug:slug>/members/<uuid:pk>/remove/", member.remove, name="remove"),
    path("g/<slug:slug>/members/<uuid:pk>/transfer/", member.transfer, name="transfer"),
    path("g/<slug:slug>/members/<uuid:pk>/absences/", absence.add, name="add_absence"),
    path("g/<slug:slug>/absences/<uuid:pk>/", absence.edit, name="absence"),
    path("g/<slug:slug>/absences/<uuid:pk>/delete/", absence.delete, name="delete_absence"),
    path("g/<slug:slug>/invites/", invite.invite, name="invite"),
    path("g/<slug:slug>/invites/<uuid:pk>/revoke/", invite.revoke, name="revoke"),
    path("g/<slug:slug>/history/", history.history, name="history"),
    path("g/<slug:slug>/history/<uuid:pk>/revert/", history.revert, name="revert"),
    path("g/<slug:slug>/live/", live_ticket, name="live"),
]

urlpatterns = [
    path("", guild.home, name="home"),
    path("join/<str:code>/", invite.join, name="join"),
    path("", include((pages, "accounts"))),
]
