"""Toasts: by full page, by htmx, with Undo."""

from __future__ import annotations

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.web.toasts import toast, toast_middleware


def answer(*, htmx: bool = True, status: int = 200, headers: dict[str, str] | None = None) -> str:
    """The body that leaves a view which said one toast."""

    def view(request: HttpRequest) -> HttpResponse:
        toast(request, "Bins are done.", undo="/bins/undo/")
        return HttpResponse("<li></li>", status=status, headers=headers)

    request = RequestFactory().get("/", headers={"HX-Request": "true"} if htmx else {})
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]  # as MessageMiddleware does
    request.htmx = None  # type: ignore[attr-defined]
    return toast_middleware(view)(request).content.decode()


def test_an_htmx_answer_carries_the_toast_and_its_undo() -> None:
    html = answer()
    assert 'hx-swap-oob="beforeend:#toasts"' in html
    assert "Bins are done." in html
    assert '<form method="post" action="/bins/undo/">' in html


def test_a_form_with_errors_carries_it_too() -> None:
    assert "Bins are done." in answer(status=422)


def test_a_full_page_is_left_alone() -> None:
    assert answer(htmx=False) == "<li></li>"


@pytest.mark.parametrize(
    ("status", "headers"), [(404, {}), (200, {"HX-Redirect": "/"}), (200, {"HX-Refresh": "true"})]
)
def test_it_waits_for_the_next_page_when_nothing_is_swapped(
    status: int, headers: dict[str, str]
) -> None:
    assert answer(status=status, headers=headers) == "<li></li>"
