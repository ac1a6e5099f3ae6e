from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from operations.catalogues import compiled, faults, read_catalogue
from operations.texts import in_code, in_template

GERMAN = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: somewhere.py:1
msgid "Good morning"
msgstr "Guten "
"Morgen, „Ada“\n"

msgctxt "month"
msgid "May"
msgstr "Mai"

msgid "%(n)s thing"
msgid_plural "%(n)s things"
msgstr[0] "%(n)s Ding"
msgstr[1] "%(n)s Dinge"

#, fuzzy, python-format
msgid "Not sure"
msgstr "Vielleicht"

msgid "Nothing yet"
msgstr ""

#~ msgid "Long gone"
#~ msgstr "Lange her"
"""
DAYS = 'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "{}"\nmsgstr[1] "{}"'


def german(folder: Path) -> Path:
    path = folder / "django.po"
    path.write_text(GERMAN)
    return path


def test_what_is_compiled_is_what_gettext_reads(tmp_path: Path) -> None:
    (tmp_path / "django.mo").write_bytes(compiled(read_catalogue(german(tmp_path))))
    with (tmp_path / "django.mo").open("rb") as file:
        words = gettext.GNUTranslations(file)
    assert words.gettext("Good morning") == "Guten Morgen, „Ada“\n"
    assert words.pgettext("month", "May") == "Mai"
    assert words.gettext("May") == "May"
    assert words.ngettext("%(n)s thing", "%(n)s things", 2) == "%(n)s Dinge"
    assert words.gettext("Not sure") == "Not sure"
    assert words.gettext("Nothing yet") == "Nothing yet"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    texts = {(None, "Good morning"), (None, "May"), ("month", "May"), (None, "Not sure")}
    assert list(faults(german(tmp_path), texts)) == ["'May'", "'Not sure'"]


def test_a_form_of_several_that_is_missing_is_named(tmp_path: Path) -> None:
    path = german(tmp_path)
    path.write_text(path.read_text() + DAYS.format("%(n)s Tag", ""))
    assert list(faults(path, {(None, "%(n)s day")})) == ["'%(n)s day'"]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "Hello %(name)s"\nmsgstr "Hallo %(nam)s"', "unknown named placeholder 'nam'"),
        ('msgid "Hello %(name)s"\nmsgstr "Hallo"', "name is left out"),
        (DAYS.format("%(n)s Tag", "%(m)s Tage"), "unknown named placeholder 'm'"),
    ],
)
def test_a_translation_that_does_not_fit_is_named(tmp_path: Path, entry: str, fault: str) -> None:
    path = german(tmp_path)
    path.write_text(f"{path.read_text()}\n{entry}\n")
    found = list(faults(path, set()))
    assert len([each for each in found if fault in each]) == 1, found


def test_one_form_of_several_may_do_without_its_number(tmp_path: Path) -> None:
    path = german(tmp_path)
    entry = DAYS.format("ein Tag", "%(n)s Tage")
    path.write_text(f"{path.read_text()}\n{entry}\n")
    assert list(faults(path, set())) == []


def test_it_finds_the_texts_of_code() -> None:
    source = """
label = _("one" " piece")
other = translation.gettext_lazy("two")
third = ngettext("three", "threes", n)
fourth = pgettext("month", "May")
not_known_here = _(name)
"""
    assert set(in_code(source)) == {
        (None, "one piece"),
        (None, "two"),
        (None, "three"),
        ("month", "May"),
    }


def test_it_finds_the_texts_of_templates(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "{% load i18n %}<p>{% translate 'May' context 'month' %}"
        "{% blocktranslate trimmed count n=things|length %}\n  one {{ n }}\n  thing"
        "{% plural %}many{% endblocktranslate %}{{ name|default:_('none') }}</p>"
    )
    assert set(in_template(page)) >= {("month", "May"), (None, "one %(n)s thing"), (None, "none")}
