"""What a listener hears of a download."""

from server.fetch.progress import Progress


def _heard(*reports: tuple[int, bool], every_s: float) -> list[int]:
    heard: list[int] = []
    progress = Progress(lambda received_bytes, _: heard.append(received_bytes), every_s)
    for received_bytes, at_once in reports:
        progress.report(received_bytes, None, at_once=at_once)
    return heard


def test_progress_never_goes_back_and_nothing_is_told_twice() -> None:
    reports = [(0, False), (10, False), (5, False), (10, True), (11, False)]

    assert _heard(*reports, every_s=0) == [0, 10, 11]


def test_a_listener_is_not_flooded_but_hears_the_end() -> None:
    assert _heard((1, False), (2, False), (3, False), (4, True), every_s=60) == [1, 4]
