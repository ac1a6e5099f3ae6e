"""How every form looks, and what a screen reader hears of it."""

from __future__ import annotations

import pytest
from django import forms

from config.web.forms import ClockInput, DayInput, FormRenderer, MomentInput


class TaskForm(forms.Form):
    default_renderer = FormRenderer

    title = forms.CharField(max_length=5, help_text="As you would say it aloud")
    mail = forms.EmailField(
        label="Email", widget=forms.EmailInput(attrs={"placeholder": "Email address"})
    )
    urgent = forms.BooleanField(required=False)
    sight = forms.ChoiceField(choices=[("h", "Household"), ("p", "Me")], widget=forms.RadioSelect)


def test_a_field_has_label_control_and_hint() -> None:
    html = TaskForm()["title"].as_field_group()
    assert '<label for="id_title">Title</label>' in html
    assert 'class="input"' in html
    assert 'aria-describedby="id_title_helptext"' in html
    assert 'id="id_title_helptext">As you would say it aloud' in html


def test_an_error_is_said_at_its_field() -> None:
    html = TaskForm({"title": "much too long"})["title"].as_field_group()
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'id="id_title_error"' in html


def test_several_errors_are_counted_above() -> None:
    assert "3 things to put right." in str(TaskForm({}))


def test_an_error_of_the_whole_form_is_an_alert() -> None:
    form = TaskForm({"title": "a", "mail": "a@b.cc", "sight": "h"})
    form.add_error(None, "The household is closed.")
    assert 'role="alert"' in str(form)
    assert "The household is closed." in str(form)


def test_a_box_stands_before_its_label() -> None:
    html = TaskForm()["urgent"].as_field_group()
    assert html.index("<input") < html.index("Urgent")
    assert 'class="input' not in html


def test_choices_are_a_group_with_a_legend() -> None:
    html = TaskForm()["sight"].as_field_group()
    assert "<fieldset" in html
    assert "<legend>Sight</legend>" in html


def test_a_placeholder_does_not_repeat_the_label() -> None:
    assert "placeholder" not in str(TaskForm()["mail"])


@pytest.mark.parametrize(
    ("widget", "kind"), [(DayInput, "date"), (ClockInput, "time"), (MomentInput, "datetime-local")]
)
def test_days_and_times_use_the_browsers_own_field(widget: type[forms.Widget], kind: str) -> None:
    assert f'type="{kind}"' in widget().render("at", None, renderer=FormRenderer())
