from __future__ import annotations

from rest_framework.routers import SimpleRouter

from productivity.tasks.api.views import TaskViewSet

router = SimpleRouter(use_regex_path=False)
router.register("tasks", TaskViewSet, "tasks")

urlpatterns = router.urls
