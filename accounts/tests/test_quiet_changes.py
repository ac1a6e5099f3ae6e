"""What is only kept account of is no change of a household: nobody who edits it is refused."""

from __future__ import annotations

from accounts.guild.testing import Cast, api


def test_who_edits_it_while_somebody_moves_in_is_not_refused(cast: Cast) -> None:
    path, alice, charlie = f"guilds/{cast.home.pk}/", api(cast.alice), api(cast.charlie)
    alice.guild = charlie.guild = None
    tag = alice.get(path).headers["ETag"]
    invite = api(cast.alice).post("invites/").json()

    assert charlie.post("invites/accept/", {"code": invite["code"]}).status_code == 200
    assert alice.get(path).json()["member_count"] == 4

    first = alice.patch(path, {"name": "Larkspur"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.content
    second = alice.patch(path, {"name": "Allotment"}, headers={"If-Match": tag})
    assert second.status_code == 412
