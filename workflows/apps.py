from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowsConfig(AppConfig):
    name = "workflows"
    verbose_name = _("流程")

    def ready(self) -> None:
        from workflows import flows  # noqa: F401  every machine registers itself when imported
