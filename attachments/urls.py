from django.urls import path

from attachments import views

urlpatterns = [
    path("", views.begin, name="attachment_begin"),
    path("<uuid:uuid>/", views.attachment, name="attachment"),
    path("<uuid:uuid>/complete/", views.complete, name="attachment_complete"),
]
