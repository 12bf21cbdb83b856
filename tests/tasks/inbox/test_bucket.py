import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tasks.inbox.bucket import _alone, _why_not_fetched
from tasks.inbox.storage import InboxError, Skipped, SkippedFile, list_inbox


@pytest.fixture
def bucket(s3, request):
    name = "b" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    s3.create_bucket(Bucket=name)
    return name


def put(s3, bucket, **objects):
    for key, body in objects.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)


@pytest.fixture
def listing(s3_endpoint, tmp_path):
    def run(uri, **options):
        return list_inbox(uri, staging=tmp_path / "staging", endpoint_url=s3_endpoint, **options)

    return run


def contents(files):
    return {file.relative: file.path.read_bytes() for file in files}


def test_objects_become_local_files_on_their_folder(s3, bucket, listing):
    put(s3, bucket, **{"in/ecg/2020/a.PDF": b"pdf", "in/cmr/t.csv": b"hn", "in/readme.md": b"r", "in/empty.txt": b""})
    put(s3, bucket, **{"in/ecg/": b"", "in/.DS_Store": b"x", "in/cmr/~$t.xlsx": b"x", "inbox2/ecg/b.pdf": b"not ours"})
    inbox = listing(f"s3://{bucket}/in")
    assert contents(inbox.ecg) == {"ecg/2020/a.PDF": b"pdf"}
    assert contents(inbox.cmr) == {"cmr/t.csv": b"hn"}
    assert contents(inbox.other) == {"readme.md": b"r", "empty.txt": b""}
    assert {file.relative: file.reason for file in inbox.skipped} == {
        "ecg/": Skipped.NOT_A_FILE,
        ".DS_Store": Skipped.HIDDEN,
        "cmr/~$t.xlsx": Skipped.TEMPORARY,
    }
    assert inbox.ecg[0].path.name == "a.PDF"
    assert inbox.ecg[0].path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.full  # nearly all of it is putting the objects there
def test_twelve_hundred_objects_are_all_listed_and_fetched_once(s3, bucket, listing):
    names = {f"ecg/{number:04}.pdf": str(number).encode() for number in range(1200)}
    put(s3, bucket, **names)
    first = listing(f"s3://{bucket}")
    assert contents(first.ecg) == names
    stamps = {file.path: file.path.stat().st_mtime_ns for file in first.ecg}
    second = listing(f"s3://{bucket}")
    assert second == first
    assert {file.path: file.path.stat().st_mtime_ns for file in second.ecg} == stamps


def test_a_replaced_object_is_fetched_again_and_the_old_copy_goes(s3, bucket, listing):
    put(s3, bucket, **{"ecg/a.pdf": b"old", "ecg/gone.pdf": b"gone"})
    before = listing(f"s3://{bucket}")
    put(s3, bucket, **{"ecg/a.pdf": b"new"})
    s3.delete_object(Bucket=bucket, Key="ecg/gone.pdf")
    after = listing(f"s3://{bucket}")
    assert contents(after.ecg) == {"ecg/a.pdf": b"new"}
    assert not any(file.path.exists() for file in before.ecg)


def test_an_interrupted_download_goes_on_where_it_stopped(s3, bucket, listing):
    body = bytes(range(256)) * 64
    put(s3, bucket, **{"ecg/a.pdf": body})
    path: Path = listing(f"s3://{bucket}").ecg[0].path
    path.unlink()
    # a marked prefix shows that its bytes were kept and only the rest was fetched
    path.with_name("a.pdf.part").write_bytes(b"#" * 1000)
    assert listing(f"s3://{bucket}").ecg[0].path.read_bytes() == b"#" * 1000 + body[1000:]
    path.unlink()
    path.with_name("a.pdf.part").write_bytes(b"#" * 99999)
    assert listing(f"s3://{bucket}").ecg[0].path.read_bytes() == body


def test_large_objects_and_unsafe_names_are_reported_not_fetched(s3, bucket, listing, tmp_path):
    put(s3, bucket, **{"ecg/big.pdf": b"x" * 101, "ecg/ok.pdf": b"x" * 100})
    put(s3, bucket, **{"ecg/..\\..\\a.pdf": b"x", "ecg/" + "n" * 250 + ".pdf": b"x"})
    inbox = listing(f"s3://{bucket}", max_bytes=100)
    assert list(contents(inbox.ecg)) == ["ecg/ok.pdf"]
    assert sorted(file.reason for file in inbox.skipped) == [
        Skipped.TOO_LARGE,
        Skipped.UNSAFE_NAME,
        Skipped.UNSAFE_NAME,
    ]
    assert [path.name for path in tmp_path.rglob("*.pdf")] == ["ok.pdf"]


def test_an_archived_object_stops_no_other(s3, bucket, listing):
    put(s3, bucket, **{"ecg/a.pdf": b"pdf"})
    s3.put_object(Bucket=bucket, Key="ecg/old.pdf", Body=b"cold", StorageClass="GLACIER")
    inbox = listing(f"s3://{bucket}")
    assert contents(inbox.ecg) == {"ecg/a.pdf": b"pdf"}
    assert inbox.skipped == (SkippedFile("ecg/old.pdf", Skipped.UNREADABLE, 4),)


def test_a_bucket_that_hands_out_nothing_is_an_error(s3, bucket, listing):
    s3.put_object(Bucket=bucket, Key="ecg/old.pdf", Body=b"cold", StorageClass="GLACIER")
    with pytest.raises(InboxError, match=r"refuses to hand out any of its 1 objects\. Hint: give these credentials"):
        listing(f"s3://{bucket}")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDenied", Skipped.UNREADABLE),
        ("KMS.DisabledException", Skipped.UNREADABLE),
        ("NoSuchKey", Skipped.CHANGED),
        ("ExpiredToken", None),
    ],
)
def test_what_is_wrong_with_one_object_and_what_with_the_store(code, reason):
    error = ClientError({"Error": {"Code": code}}, "GetObject")
    if reason is None:
        with pytest.raises(ClientError, match=code):
            _why_not_fetched(error)
    else:
        assert _why_not_fetched(error) is reason


def test_a_second_ingest_waits_while_one_writes_the_copies(s3, bucket, listing):
    put(s3, bucket, **{"ecg/a.pdf": b"pdf"})
    path = listing(f"s3://{bucket}").ecg[0].path
    path.unlink()
    with ThreadPoolExecutor(1) as pool:
        with _alone(path.parent.parent):
            second = pool.submit(listing, f"s3://{bucket}")
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
            assert not path.exists()
        assert contents(second.result(timeout=30).ecg) == {"ecg/a.pdf": b"pdf"}


def test_an_empty_bucket_is_success(bucket, listing):
    assert len(listing(f"s3://{bucket}/nothing/here")) == 0


def test_a_missing_bucket_names_itself_and_the_next_step(s3, listing):
    with pytest.raises(
        InboxError, match=r"s3://no-such-bucket: cannot be read \(NoSuchBucket\). Hint: create the bucket"
    ):
        listing("s3://no-such-bucket")


def test_an_unreachable_store_is_one_clear_error(s3, tmp_path):
    with pytest.raises(InboxError, match=r"cannot be reached .* Hint: check AWS_ENDPOINT_URL"):
        list_inbox("s3://bucket", staging=tmp_path, endpoint_url="http://127.0.0.1:9")


def test_the_endpoint_may_come_from_the_environment(s3, bucket, s3_endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    put(s3, bucket, **{"ecg/a.pdf": b"pdf"})
    assert contents(list_inbox(f"s3://{bucket}", staging=tmp_path).ecg) == {"ecg/a.pdf": b"pdf"}


def test_missing_credentials_are_one_clear_error(s3, bucket, listing, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(InboxError, match="needs credentials"):
        listing(f"s3://{bucket}")
