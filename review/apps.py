from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "review"
    verbose_name = _("评审")

    def ready(self) -> None:
        from review import file_access, queries

        queries.register()
        file_access.register()
