"""The style sheets hold what the pages use, and nothing besides."""

from __future__ import annotations

import re

from operations.process import project

STATIC = project() / "config" / "static"
# Where a class may be given: pages, what draws a piece of one, and scripts.
WRITERS = [
    *(project() / "templates").rglob("*.html"),
    *(project() / "config" / "web").glob("*.py"),
    *(STATIC / "js").glob("*.js"),
    *project().glob("*/forms.py"),
    *project().glob("*/*/forms.py"),
]
# Asked for with a value of their own, for whoever sets it.
OPTIONAL = {"--icon", "--face", "--side", "--column"}
NO_RULE = re.compile(r'/\*.*?\*/|url\("[^"]*"\)|@layer [\w, ]+;', re.DOTALL)


def rules() -> str:
    return "".join(NO_RULE.sub("", path.read_text()) for path in STATIC.glob("*.css"))


def written() -> str:
    return "".join(path.read_text() for path in WRITERS)


def test_every_class_is_given_somewhere() -> None:
    words = set(re.findall(r"[\w-]+", written()))
    assert set(re.findall(r"\.([a-zA-Z][\w-]*)", rules())) - words == set()


def test_every_value_is_used_and_there() -> None:
    css = rules()
    made = set(re.findall(r"(--[\w-]+):", css)) | {"--gap"}
    assert made - set(re.findall(r"var\((--[\w-]+)", css)) == set()
    assert set(re.findall(r"var\((--[\w-]+)[),]", css)) - made - OPTIONAL == set()
