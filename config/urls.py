"""The site map: one include per slice for pages, one per slice for the API."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# Staff sign in where everybody does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Guildhall"

household = [
    path("", include("productivity.today.urls")),
    path("tasks/", include("productivity.tasks.urls")),
    path("", include("reminders.urls")),
]
urlpatterns = [
    path("api/", include("config.api_urls")),
    path("g/<slug:slug>/", include(household)),
    path("", include("reminders.open_urls")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("admin/", admin.site.urls),
    path("", include("operations.urls")),
]

handler400 = "config.web.api.handlers.bad_request"
handler403 = "config.web.api.handlers.permission_denied"
handler404 = "accounts.middleware.page_not_found"
handler500 = "config.web.api.handlers.server_error"
