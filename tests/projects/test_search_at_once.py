"""Two who write indicators of one challenge at the same time: both are found afterwards."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from projects.models import Challenge, Indicator
from projects.search import with_words
from tests import delivery_factories as made

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_writer_waits_and_keeps_what_the_first_wrote():
    challenge = made.published_list(made.world()).challenges.get()
    first_has_written, second_is_coming = Event(), Event()

    def write(no: int, name: str) -> None:
        Indicator.objects.create(challenge=challenge, no=no, name=name, comparator=">=", target=1, check_method="测试")

    def first() -> None:
        try:
            with transaction.atomic():
                write(8, "甲方指标")
                first_has_written.set()
                assert second_is_coming.wait(10)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.5)")
        finally:
            connection.close()

    def second() -> None:
        try:
            assert first_has_written.wait(10)
            second_is_coming.set()
            write(9, "乙方指标")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result(30)
    assert [row.pk for row in with_words(Challenge.objects.all(), ["甲方指标", "乙方指标"])] == [challenge.pk]
