"""Ways out: by page and by API, one's own for everybody, the household's for admins."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, asked, browser, submit
from accounts.models import Change, Member
from reminders.models import Destination

PLACE = "/g/home/destinations/"
HOOK = {"channel": "webhook", "address": "https://192.0.0.9/hooks/s3cret-token"}
NTFY = {"channel": "apprise", "address": "ntfy://192.0.0.9/topsecretcats"}
SECRETS = ["s3cret-token", "topsecretcats", "whsec_"]


def add(client: Any, **said: Any) -> dict[str, Any]:
    answer = client.post("destinations/", HOOK | said)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def code_of(answer: Any) -> str:
    return str(answer.json()["errors"][0]["code"])


def verbs(cast: Cast, by: Any) -> list[str]:
    with guild_scope(cast.home.pk, by):
        rows = Change.objects.filter(kind="destination").order_by("created_at", "id")
        return list(rows.values_list("verb", flat=True))


def stored(by: Member, pk: str) -> dict[str, Any]:
    """The row as the database has it."""
    with guild_scope(by.guild_id, by), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM reminders_destination WHERE id = %s", [pk])
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


class TestOnePage:
    def test_a_viewer_adds_one_of_her_own(self, cast: Cast) -> None:
        client = browser(cast.bob)
        said = NTFY | {
            "name": "Cats",
            "by_default": "1",
            "quiet_from": "22:00",
            "quiet_until": "07:00",
        }
        answer = client.post(f"{PLACE}add/", said, follow=True)
        assert answer.redirect_chain[0][0].startswith(PLACE)
        for words in ("Cats", "ntfy://…/top…", "quiet from 22:00 to 07:00", "for every reminder"):
            assert words in answer.text
        assert not any(secret in answer.text for secret in SECRETS)
        assert "Cats" not in browser(cast.alice).get(PLACE).text

    def test_the_accounts_address_is_there_by_itself_and_stays(self, cast: Cast) -> None:
        page = browser(cast.carol).get(PLACE).text
        assert "carol@example.org" in page
        assert page.count("Your account’s e-mail") == 1
        assert browser(cast.carol).get(PLACE).text.count("Your account’s e-mail") == 1

    def test_the_households_are_seen_by_all_and_managed_by_admins(self, cast: Cast) -> None:
        said = HOOK | {"name": "Kitchen", "shared": "1", "by_default": "1"}
        browser(cast.alice).post(f"{PLACE}add/", said)
        with guild_scope(cast.home.pk, cast.alice):
            pk = Destination.objects.get(name="Kitchen").pk
        client = browser(cast.carol)
        page = client.get(PLACE).text
        assert "Kitchen" in page
        assert f"{pk}/test/" not in page
        for path in ("", "switch/", "test/", "roll/", "delete/"):
            assert client.post(f"{PLACE}{pk}/{path}").status_code == 403
        assert "shared" not in client.get(f"{PLACE}add/").text
        client.post(f"{PLACE}add/", said | {"name": "Sneaked"})
        with guild_scope(cast.home.pk, cast.carol):
            assert not Destination.objects.get(name="Sneaked").is_shared

    def test_the_signing_key_is_shown_once(self, cast: Cast) -> None:
        client = browser(cast.carol)
        assert "whsec_" in client.post(f"{PLACE}add/", HOOK, follow=True).text
        assert "whsec_" not in client.get(PLACE).text
        with guild_scope(cast.home.pk, cast.carol):
            row = Destination.objects.get(channel="webhook")
        page = client.post(f"{PLACE}{row.pk}/roll/", follow=True).text
        assert "whsec_" in page
        assert row.signing_key not in page

    def test_an_edit_leaves_the_address_that_is_not_typed(self, cast: Cast) -> None:
        row = add(api(cast.carol), name="Mine")
        before = stored(cast.carol, row["id"])
        client = browser(cast.carol)
        said = {"name": "Still mine", "address": "", "by_default": ""}
        assert submit(client, f"{PLACE}{row['id']}/", said).status_code == 302
        after = stored(cast.carol, row["id"])
        assert (after["name"], after["by_default"]) == ("Still mine", False)
        assert after["address_hash"] == before["address_hash"]
        assert not any(secret in client.get(f"{PLACE}{row['id']}/").text for secret in SECRETS)

    def test_a_stale_form_writes_nothing(self, cast: Cast) -> None:
        row = add(api(cast.carol), name="Mine")
        said = {"name": "Stale", "version": "old", "by_default": "1"}
        answer = browser(cast.carol).post(f"{PLACE}{row['id']}/", said)
        assert answer.status_code == 422
        assert "Somebody changed this" in answer.text
        assert stored(cast.carol, row["id"])["name"] == "Mine"

    def test_switching_off_is_undone(self, cast: Cast) -> None:
        row = add(api(cast.bob))
        client = browser(cast.bob)
        page = client.post(f"{PLACE}{row['id']}/switch/", {"to": "off"}, follow=True).text
        assert "Switched off since" in page
        undo(client, cast, cast.bob, "switched off")
        assert stored(cast.bob, row["id"])["switched_off_at"] is None
        client.post(f"{PLACE}{row['id']}/switch/", {"to": "off"})
        client.post(f"{PLACE}{row['id']}/switch/", {"to": "off"})
        client.post(f"{PLACE}{row['id']}/switch/", {"to": "on"})
        assert verbs(cast, cast.bob) == [
            "added", "switched off", "switched on", "switched off", "switched on",
        ]  # fmt: skip

    def test_a_deleted_one_is_brought_back(self, cast: Cast) -> None:
        row = add(api(cast.bob), name="Mine")
        client = browser(cast.bob)
        page = client.post(f"{PLACE}{row['id']}/delete/", follow=True).text
        assert f"way-{row['id']}" not in page
        assert client.get(f"{PLACE}{row['id']}/").status_code == 404
        undo(client, cast, cast.bob, "deleted")
        assert f"way-{row['id']}" in client.get(PLACE).text

    def test_what_was_added_again_meanwhile_is_not_brought_back(self, cast: Cast) -> None:
        row = add(api(cast.bob))
        client = browser(cast.bob)
        client.post(f"{PLACE}{row['id']}/delete/")
        add(api(cast.bob))
        assert undo(client, cast, cast.bob, "deleted") == 409

    def test_an_edit_is_taken_back_but_no_address(self, cast: Cast) -> None:
        row = add(api(cast.carol), name="Mine")
        client, edit = browser(cast.carol), f"destinations/{row['id']}/"
        api(cast.carol).patch(
            edit, {"name": "Yours", "quiet_from": "22:00", "quiet_until": "06:00"}
        )
        assert undo(client, cast, cast.carol, "edited") == 302
        assert (
            stored(cast.carol, row["id"])["name"],
            stored(cast.carol, row["id"])["quiet_from"],
        ) == ("Mine", None)
        api(cast.carol).patch(edit, {"address": "https://192.0.0.9/other"})
        with guild_scope(cast.home.pk, cast.carol):
            change = Change.objects.get(kind="destination", verb="readdressed")
        path = f"/g/home/history/{change.pk}/revert/"
        assert path not in client.get("/g/home/history/").text
        assert client.post(path).status_code == 409

    def test_the_accounts_address_is_switched_off_not_deleted(self, cast: Cast) -> None:
        client = browser(cast.carol)
        client.get(PLACE)
        with guild_scope(cast.home.pk, cast.carol):
            pk = Destination.objects.get(follows_account=True).pk
        assert client.post(f"{PLACE}{pk}/delete/").status_code == 409
        page = submit(client, f"{PLACE}{pk}/", {"name": "Post", "by_default": ""}, follow=True).text
        assert "only where a reminder names it" in page

    def test_somebody_elses_do_not_exist(self, cast: Cast) -> None:
        row = add(api(cast.carol))
        for who in (cast.alice, cast.bob):
            client = browser(who)
            assert client.get(f"{PLACE}{row['id']}/").status_code == 404
            for path in ("switch/", "test/", "roll/", "delete/"):
                assert client.post(f"{PLACE}{row['id']}/{path}").status_code == 404
        assert browser(cast.charlie).get(PLACE).status_code == 404


def undo(client: Any, cast: Cast, by: Any, verb: str) -> int:
    """Press Undo on the latest such change, which the history offers."""
    with guild_scope(cast.home.pk, by):
        change = Change.objects.filter(kind="destination", verb=verb).latest("created_at")
    path = f"/g/home/history/{change.pk}/revert/"
    assert path in client.get("/g/home/history/").text
    return int(client.post(path).status_code)


DISCORD = "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
BAD = [
    ("webhook", "nonsense", "nonsense"),
    ("webhook", "https://", "nonsense"),
    ("webhook", "https://example.org:99999/x", "nonsense"),
    ("webhook", "https://[::1", "nonsense"),
    ("webhook", "ftp://example.org/x", "nonsense"),
    ("webhook", "javascript:alert(1)", "nonsense"),
    ("webhook", "https://example.org/a b", "nonsense"),
    ("webhook", "https://example.org/\u200b", "nonsense"),
    ("webhook", "https://example.org/" + "x" * 3000, "long"),
    ("webhook", "http://169.254.169.254/latest/", "private"),
    ("webhook", "http://localhost:8000/", "private"),
    ("webhook", "http://127.0.0.1/", "private"),
    ("webhook", "http://2130706433/", "private"),
    ("webhook", "http://0x7f.1/", "private"),
    ("webhook", "http://[::1]/", "private"),
    ("webhook", "http://[::ffff:127.0.0.1]/", "private"),
    ("webhook", "http://0.0.0.0/", "private"),
    ("webhook", "http://127。0。0。1/", "private"),
    ("webhook", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "private"),
    ("webhook", "http://192.168.1.1/", "private"),
    ("webhook", DISCORD, "service"),
    ("apprise", "nonsense", "unknown_service"),
    ("apprise", "https://example.org/x", "unknown_service"),
    ("apprise", "file:///etc/passwd", "refused_service"),
    ("apprise", "FILE:///etc/passwd", "refused_service"),
    ("apprise", "mailto://ada:secret@example.org", "refused_service"),
    ("apprise", "syslog://", "refused_service"),
    ("apprise", "mqtt://example.org/cats", "refused_service"),
    ("apprise", "windows://", "refused_service"),
    ("apprise", "ntfy://", "nonsense"),
    ("apprise", "ntfy://127.0.0.1/cats", "private"),
    ("apprise", "ntfy://localhost/cats", "private"),
    ("apprise", "json://169.254.169.254/", "private"),
    ("apprise", "ntfy://192.0.0.9/cats/dogs", "several"),
    ("apprise", "discord://4174216298/JHMHI8qBe7bk2ZwO?template=/etc/passwd", "parameter"),
    ("apprise", "ntfy://192.0.0.9/cats?attach=file:///etc/passwd", "parameter"),
    ("apprise", "ntfy://192.0.0.9/" + "x" * 3000, "long"),
    ("email", "stranger@example.com", "unconfirmed"),
    ("email", "nonsense", "unconfirmed"),
]  # fmt: skip


class TestOverTheApi:
    def test_a_viewer_adds_reads_edits_and_deletes_her_own(self, cast: Cast) -> None:
        client = api(cast.bob)
        made = client.post("destinations/", HOOK | {"name": "Mine"})
        assert made.status_code == 201
        body = made.json()
        assert body["signing_key"].startswith("whsec_")
        assert (body["hint"], body["shared"]) == ("https://192.0.0.9/s3c…", False)
        assert (body["member"], body["last"]) == (str(cast.bob.pk), None)
        path = f"destinations/{body['id']}/"
        read = client.get(path)
        assert read["ETag"] == made["ETag"]
        assert not any(secret in read.content.decode() for secret in SECRETS)
        edited = client.patch(path, {"name": "Yours"}, headers={"if-match": made["ETag"]})
        assert edited.json()["name"] == "Yours"
        stale = client.patch(path, {"name": "No"}, headers={"if-match": made["ETag"]})
        assert stale.status_code == 412
        replaced = client.put(path, HOOK | {"name": "Again"})
        assert (replaced.status_code, replaced.json()["name"]) == (200, "Again")
        assert client.delete(path).status_code == 204
        assert client.get(path).status_code == 404
        assert client.post(f"{path}restore/").status_code == 200
        assert client.post(f"{path}restore/").status_code == 200
        assert client.get(path).json()["name"] == "Again"

    @pytest.mark.parametrize(("channel", "address", "code"), BAD)
    def test_an_address_that_cannot_be_is_refused_by_both_doors(
        self, cast: Cast, channel: str, address: str, code: str
    ) -> None:
        said = {"channel": channel, "address": address}
        answer = api(cast.carol).post("destinations/", said)
        assert answer.status_code == 400, answer.content
        [error] = answer.json()["errors"]
        assert error["pointer"] == "/address"
        assert error["code"] == code
        page = browser(cast.carol).post(f"{PLACE}add/", said)
        assert page.status_code == 422
        assert "error" in page.text
        with guild_scope(cast.home.pk, cast.carol):
            assert not Destination.objects.filter(follows_account=False).exists()

    def test_what_staff_allow_inside_is_taken(self, cast: Cast, settings: Settings) -> None:
        settings.OUTBOUND_ALLOW = ["192.168.1.0/24"]
        row = add(
            api(cast.carol), channel="apprise", address="gotify://192.168.1.20/AabbCCddEEff112"
        )
        assert (row["hint"], row["name"]) == ("gotify://…/Aab…", "Gotify")

    def test_a_pasted_address_of_a_service_is_taken(self, cast: Cast) -> None:
        row = add(api(cast.carol), channel="apprise", address=DISCORD)
        assert (row["hint"], row["name"]) == ("discord://…/JHM…", "Discord")

    def test_a_confirmed_address_of_her_account_is_taken(self, cast: Cast) -> None:
        EmailAddress.objects.create(user=cast.carol.user, email="work@example.com", verified=True)
        row = add(api(cast.carol), channel="email", address="Work@example.com")
        assert (row["hint"], row["name"]) == ("w…@example.com", "w…@example.com")
        other = api(cast.bob).post(
            "destinations/", {"channel": "email", "address": "work@example.com"}
        )
        assert code_of(other) == "unconfirmed"

    def test_twice_the_same_is_refused(self, cast: Cast) -> None:
        add(api(cast.carol))
        answer = api(cast.carol).post("destinations/", HOOK)
        assert (answer.status_code, code_of(answer)) == (409, "twice")
        add(api(cast.bob))
        add(api(cast.alice), shared=True)
        second = add(api(cast.carol), address="https://192.0.0.9/another")
        moved = api(cast.carol).patch(f"destinations/{second['id']}/", {"address": HOOK["address"]})
        assert (moved.status_code, code_of(moved)) == (409, "twice")

    def test_the_households_take_an_admin_and_a_key_for_everything(self, cast: Cast) -> None:
        for who in (cast.bob, cast.carol):
            assert api(who).post("destinations/", HOOK | {"shared": True}).status_code == 403
        writes = api(cast.alice, None, "read", "write")
        assert writes.post("destinations/", HOOK | {"shared": True}).status_code == 403
        row = add(api(cast.alice), shared=True, name="Kitchen")
        assert row["member"] is None
        path = f"destinations/{row['id']}/"
        assert api(cast.bob).get(path).json()["name"] == "Kitchen"
        for client in (api(cast.carol), writes):
            assert client.patch(path, {"name": "x"}).status_code == 403
            assert client.delete(path).status_code == 403
            assert client.post(f"{path}test/").status_code == 403
            assert client.post(f"{path}roll/").status_code == 403
            assert client.post(f"{path}switch/", {"on": False}).status_code == 403

    def test_the_households_are_used_where_a_reminder_names_them(self, cast: Cast) -> None:
        client = api(cast.alice)
        row = add(client, shared=True)
        assert row["by_default"] is False
        path = f"destinations/{row['id']}/"
        for answer in (
            client.patch(path, {"by_default": True}),
            client.post("destinations/", NTFY | {"shared": True, "by_default": True}),
        ):
            assert (answer.status_code, code_of(answer)) == (400, "named_only")
        page = browser(cast.alice).get(f"{PLACE}{row['id']}/").text
        assert "by_default" not in page

    def test_it_stays_what_it_was_made_as(self, cast: Cast) -> None:
        path = f"destinations/{add(api(cast.alice))['id']}/"
        for said in ({"channel": "apprise"}, {"shared": True}):
            answer = api(cast.alice).patch(path, said)
            assert (answer.status_code, code_of(answer)) == (400, "stays")

    @pytest.mark.parametrize(
        ("said", "pointer"),
        [
            ({"quiet_from": "22:00"}, "/quiet_until"),
            ({"quiet_until": "07:00"}, "/quiet_from"),
            ({"quiet_from": "07:00", "quiet_until": "07:00"}, "/quiet_until"),
            ({"quiet_from": "25:00", "quiet_until": "07:00"}, "/quiet_from"),
            ({"name": "x" * 101}, "/name"),
            ({"secret": "x"}, "/secret"),
            ({"hint": "x"}, "/hint"),
            ({"channel": "inbox"}, "/channel"),
            ({"channel": "push"}, "/channel"),
            ({"address": ""}, "/address"),
            ({"address": 5}, "/address"),
            ({"by_default": "yes"}, "/by_default"),
        ],
    )
    def test_what_cannot_be_said_is_named(
        self, cast: Cast, said: dict[str, Any], pointer: str
    ) -> None:
        answer = api(cast.carol).post("destinations/", HOOK | said)
        assert answer.status_code == 400
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]

    def test_an_id_of_ones_own_makes_one_row(self, cast: Cast) -> None:
        said = HOOK | {"id": "019aa1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b"}
        client = api(cast.bob)
        assert client.post("destinations/", said).status_code == 201
        assert client.post("destinations/", said).status_code == 200
        other = client.post("destinations/", said | {"address": "https://192.0.0.9/else"})
        assert (other.status_code, code_of(other)) == (409, "id_taken")
        assert api(cast.carol).post("destinations/", said).status_code == 409

    def test_the_first_answer_comes_again_key_and_all(self, cast: Cast) -> None:
        client, header = api(cast.bob), {"idempotency-key": "once"}
        first = client.post("destinations/", HOOK, headers=header)
        again = client.post("destinations/", HOOK, headers=header)
        assert first.json() == again.json()
        assert again["Idempotency-Replayed"] == "true"

    def test_a_rolled_key_is_answered_once(self, cast: Cast) -> None:
        row = add(api(cast.carol))
        answer = api(cast.carol).post(f"destinations/{row['id']}/roll/").json()
        assert answer["signing_key"].startswith("whsec_")
        assert answer["signing_key"] != row["signing_key"]
        ntfy = add(api(cast.carol), **NTFY)
        assert ntfy["signing_key"] == ""
        assert api(cast.carol).post(f"destinations/{ntfy['id']}/roll/").status_code == 409

    def test_the_list_costs_the_same_for_many(self, cast: Cast) -> None:
        client = api(cast.carol)
        client.get("destinations/")
        one = len(asked(lambda: client.get("destinations/")))
        for number in range(12):
            add(client, address=f"https://192.0.0.9/{number}")
        assert len(asked(lambda: client.get("destinations/"))) == one
        assert len(client.get("destinations/?limit=5").json()["results"]) == 5
        assert client.get("destinations/?nonsense=1").status_code == 400

    def test_there_is_an_end_to_them(self, cast: Cast) -> None:
        client = api(cast.carol)
        for number in range(30):
            add(client, address=f"https://192.0.0.9/{number}")
        answer = client.post("destinations/", HOOK)
        assert (answer.status_code, code_of(answer)) == (409, "too_many")

    def test_somebody_elses_do_not_exist(self, cast: Cast) -> None:
        path = f"destinations/{add(api(cast.carol))['id']}/"
        for client in (api(cast.alice), api(cast.charlie), api(cast.charlie, cast.home)):
            assert client.get(path).status_code == 404
            assert client.patch(path, {"name": "x"}).status_code == 404
            assert client.delete(path).status_code == 404
            assert client.post(f"{path}test/").status_code == 404


def test_addresses_stand_nowhere_in_the_clear(cast: Cast, capfd: Any) -> None:
    """Neither in the database, nor in history, nor in a log, nor where staff look."""
    client = api(cast.alice)
    row = add(client, shared=True)
    path = f"destinations/{row['id']}/"
    assert client.patch(path, {"address": "https://192.0.0.9/n3w-s3cret"}).status_code == 200
    assert client.post(f"{path}roll/").status_code == 200
    kept = str(stored(cast.alice, row["id"]))
    with guild_scope(cast.home.pk, cast.alice):
        past = str(list(Change.objects.filter(kind="destination").values()))
    page = browser(cast.alice).get("/g/home/history/").text
    said = str(capfd.readouterr())
    for secret in (*SECRETS, "n3w-s3cret"):
        assert secret not in kept + past + page + said
    assert "gave the way “192.0.0.9” another address" in page
    assert "gave the way “192.0.0.9” a new key" in page


def test_ones_own_stand_in_nobody_elses_history(cast: Cast) -> None:
    add(api(cast.carol), name="Bedside")
    assert "Bedside" in browser(cast.carol).get("/g/home/history/").text
    assert "Bedside" not in browser(cast.alice).get("/g/home/history/").text
