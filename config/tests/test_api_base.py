from __future__ import annotations

import pytest

from accounts.guild.testing import Cast, api

pytestmark = pytest.mark.urls("config.tests.probe_api")


def test_it_makes_and_reads_a_row(cast: Cast) -> None:
    made = api(cast.carol).post("probes/", {"title": " Bins "})
    assert made.status_code == 201, made.content
    print(made.json(), dict(made.headers))
    listed = api(cast.carol).get("probes/")
    print(listed.content)
    assert listed.json()["results"] == [made.json()]
