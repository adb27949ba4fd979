from django.urls import path

from projects.views import verify

urlpatterns = [
    path("", verify.verify, name="verify"),
    path("<str:token>/", verify.certificate, name="verify_certificate"),
    path("<str:token>/certificate.pdf", verify.pdf, name="verify_pdf"),
]
