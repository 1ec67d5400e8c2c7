"""Large pages: what of a process's memory is laid in them."""

import sys

import pytest

from limen.app.huge import areas, spread

MIB = 1024 * 1024


def area(start: int, size: int, resident_kib: int, *, mode: str = "rw-p", rest: str = "00:00 0 ") -> str:
    return (
        f"{start:x}-{start + size:x} {mode} 00000000 {rest}\n"
        f"Size: {size // 1024:>18} kB\nKernelPageSize:        4 kB\nRss: {resident_kib:>19} kB\nPss: {1:>19} kB\n"
        "VmFlags: rd wr mr mw me ac\n"
    )


def test_whole_large_pages_of_full_areas_are_chosen():
    smaps = area(0x7F0000100000, 7 * MIB, 7 * 1024) + area(0x55F000000000, 2 * MIB, 2_000, rest="00:00 0    [heap]")
    assert list(areas(smaps)) == [(0x7F0000200000, 6 * MIB), (0x55F000000000, 2 * MIB)]


def test_the_stack_of_a_thread_stays_as_empty_as_it_is():
    assert list(areas(area(0x7F0000000000, 8 * MIB, 96))) == []


def test_what_is_no_memory_of_our_own_is_left_alone():
    shared = area(0x7F0000000000, 4 * MIB, 4_096, mode="rw-s")
    code = area(0x7F1000000000, 4 * MIB, 4_096, mode="r-xp", rest="fe:00 26723    /usr/bin/python3.11")
    data = area(0x7F2000000000, 4 * MIB, 4_096, rest="fe:00 26723    /usr/lib/libfat.so")
    assert list(areas(shared + code + data)) == []


def test_an_area_does_not_borrow_the_residents_of_the_next():
    torn = "7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \nSize: 4096 kB\n"
    assert list(areas(torn + area(0x7F1000000000, 4 * MIB, 4_096, mode="r--p"))) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nothing is spread elsewhere")
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_memory_of_this_very_process_is_spread_and_the_thread_is_done():
    thread = spread()
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive()


def test_nothing_is_spread_on_another_system(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert spread() is None
