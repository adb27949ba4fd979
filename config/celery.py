"""Celery application and the timetable of the sweeps.

Sweeps may run late or twice: every one goes through `workflows.engine.perform`, which
looks at stored instants, never at the time of the sweep.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("jiebang")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "deliver outbox": {"task": "workflows.tasks.deliver_outbox", "schedule": 10.0},
    "sweep deadlines": {"task": "workflows.tasks.sweep_deadlines", "schedule": 20.0},
    "anchor audit chain": {"task": "workflows.tasks.anchor_audit_chain", "schedule": 300.0},
    "remove orphan uploads": {"task": "projects.tasks.remove_orphan_uploads", "schedule": 3600.0},
}
