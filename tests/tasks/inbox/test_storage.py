import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.errors import EcgError
from tasks.inbox.storage import InboxError, InboxFolder, Skipped, SkippedFile, folder_of, list_inbox, skip_by_name


def put(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def relatives(files):
    return [file.relative for file in files]


def reasons(inbox):
    return {file.relative: file.reason for file in inbox.skipped}


def test_files_go_to_their_folder_by_place_and_suffix_in_any_case(tmp_path):
    put(tmp_path, "ecg/a.pdf", "ecg/2020/05/B.PDF", "ECG/c.JpEg", "ecg/d.png", "ecg/e.jpg", "cmr/t.xlsx", "cmr/T2.CSV")
    put(
        tmp_path,
        "cmr/report.pdf",
        "cmr/note.txt",
        "ecg/table.csv",
        "cmr/sub/deep.csv",
        "loose.pdf",
        "ecg/noext",
        "x/y.doc",
    )
    inbox = list_inbox(str(tmp_path))
    assert relatives(inbox.ecg) == ["ECG/c.JpEg", "ecg/2020/05/B.PDF", "ecg/a.pdf", "ecg/d.png", "ecg/e.jpg"]
    assert relatives(inbox.cmr) == ["cmr/T2.CSV", "cmr/note.txt", "cmr/report.pdf", "cmr/t.xlsx"]
    assert relatives(inbox.other) == ["cmr/sub/deep.csv", "ecg/noext", "ecg/table.csv", "loose.pdf", "x/y.doc"]
    assert inbox.skipped == ()
    assert len(inbox) == 14
    first = inbox.ecg[1]
    assert (first.path.read_bytes(), first.size) == (b"ecg/2020/05/B.PDF", 17)


def test_an_empty_inbox_is_success(tmp_path):
    (tmp_path / "ecg").mkdir()
    assert len(list_inbox(str(tmp_path))) == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ecg/.DS_Store", Skipped.HIDDEN),
        (".git/config.pdf", Skipped.HIDDEN),
        ("__MACOSX/ecg/a.pdf", Skipped.HIDDEN),
        ("cmr/~$labels.xlsx", Skipped.TEMPORARY),
        ("ecg/a.pdf.part", Skipped.TEMPORARY),
        ("ecg/a.TMP", Skipped.TEMPORARY),
        ("cmr/labels.csv~", Skipped.TEMPORARY),
        ("ecg/Thumbs.db", Skipped.SYSTEM),
        ("cmr/desktop.ini", Skipped.SYSTEM),
        ("ecg/batch.pdf#page=2", Skipped.UNSAFE_NAME),
    ],
)
def test_what_programs_leave_behind_is_skipped_with_its_reason(tmp_path, name, reason):
    put(tmp_path, name)
    assert list_inbox(str(tmp_path)).skipped == (SkippedFile(name, reason, len(name)),)


def test_a_file_that_is_still_growing_waits_for_the_next_time(tmp_path):
    put(tmp_path, "ecg/new.pdf", "ecg/old.pdf")
    os.utime(tmp_path / "ecg/old.pdf", (time.time() - 60,) * 2)
    inbox = list_inbox(str(tmp_path), settle_seconds=30)
    assert relatives(inbox.ecg) == ["ecg/old.pdf"]
    assert reasons(inbox) == {"ecg/new.pdf": Skipped.UNSETTLED}
    assert len(list_inbox(str(tmp_path)).ecg) == 2


def test_links_are_followed_inside_the_inbox_only(tmp_path):
    root, outside = tmp_path / "inbox", tmp_path / "outside"
    put(root, "ecg/a.pdf")
    put(outside, "secret.pdf", "more/b.pdf")
    (root / "ecg/inside.pdf").symlink_to(root / "ecg/a.pdf")
    (root / "ecg/leak.pdf").symlink_to(outside / "secret.pdf")
    (root / "ecg/folder").symlink_to(outside / "more")
    (root / "ecg/again").symlink_to(root / "ecg")
    (root / "ecg/dangling.pdf").symlink_to(root / "nowhere")
    (root / "ecg/loop.pdf").symlink_to(root / "ecg/loop.pdf")
    os.mkfifo(root / "ecg/pipe.pdf")
    inbox = list_inbox(str(root))
    assert relatives(inbox.ecg) == ["ecg/a.pdf", "ecg/inside.pdf"]
    assert reasons(inbox) == {
        "ecg/leak.pdf": Skipped.LINK_OUTSIDE,
        "ecg/folder": Skipped.LINK_OUTSIDE,
        "ecg/again": Skipped.NOT_A_FILE,
        "ecg/dangling.pdf": Skipped.NOT_A_FILE,
        "ecg/loop.pdf": Skipped.UNREADABLE,
        "ecg/pipe.pdf": Skipped.NOT_A_FILE,
    }


def test_a_name_that_is_not_utf_8_stops_no_other_file(tmp_path):
    put(tmp_path, "ecg/a.pdf", "ecg/r\u00e9sum\u00e9.pdf")
    (tmp_path / "ecg/a.pdf").rename(tmp_path / "ecg/r\udce9sum\udce9.pdf")  # the byte E9, as Latin-1 writes it
    (tmp_path / "ecg/\udcff").mkdir()
    (tmp_path / "ecg/\udcff/b.pdf").touch()
    inbox = list_inbox(str(tmp_path))
    assert relatives(inbox.ecg) == ["ecg/r\u00e9sum\u00e9.pdf"]
    assert inbox.skipped == (
        SkippedFile(r"ecg/\udcff/b.pdf", Skipped.UNSAFE_NAME),
        SkippedFile(r"ecg/r\udce9sum\udce9.pdf", Skipped.UNSAFE_NAME),
    )
    assert all(file.relative.isascii() for file in inbox.skipped)  # so that pages, JSON and ledger can hold it


def test_a_missing_inbox_is_one_clear_error(tmp_path):
    with pytest.raises(EcgError, match=r"is not a folder\. Hint: create it, or set ECG_INBOX"):
        list_inbox(str(tmp_path / "nowhere"))
    put(tmp_path, "file")
    with pytest.raises(InboxError, match="is not a folder"):
        list_inbox(str(tmp_path / "file"))


def test_a_bucket_needs_a_staging_folder():
    with pytest.raises(InboxError, match="needs a staging folder"):
        list_inbox("s3://bucket")


NAMES = st.text("abcEG.~$_- é", min_size=1, max_size=8).filter(lambda name: name not in {".", ".."})


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_every_path_has_exactly_one_place(parts):
    relative = "/".join(parts)
    assert (skip_by_name(relative) is not None) or folder_of(relative) in InboxFolder
