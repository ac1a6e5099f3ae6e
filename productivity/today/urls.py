from __future__ import annotations

from django.urls import path

from productivity.today import views

app_name = "today"

urlpatterns = [path("", views.index, name="index")]
