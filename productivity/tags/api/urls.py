from __future__ import annotations

from rest_framework.routers import SimpleRouter

from productivity.tags.api.views import TagViewSet

router = SimpleRouter(use_regex_path=False)
router.register("tags", TagViewSet, "tags")

urlpatterns = router.urls
