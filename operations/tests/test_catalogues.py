from __future__ import annotations

import gettext
from pathlib import Path

from operations.catalogues import compiled, read_catalogue, untranslated
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
    assert list(untranslated(german(tmp_path), texts)) == ["'May'", "'Not sure'"]


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
