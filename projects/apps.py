from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = _("榜单与项目")

    def ready(self) -> None:
        from projects import file_access

        file_access.register()
