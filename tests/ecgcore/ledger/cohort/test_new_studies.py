"""What is new since an earlier snapshot: training and validation studies only."""

from datetime import date

from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.freeze import freeze_snapshot
from ecgcore.ledger.cohort.new_studies import new_studies


def add(ledger, build, now, images, name, days):
    table = build.table(f"cmr/{name}.csv")
    files = [build.ecg(f"ecg/{name}{n}.pdf") for n in range(len(days))]
    rows = [build.row(table, n + 2, f"{name}{n}", f"{name}{n}", day) for n, day in enumerate(days)]
    ledger.record_batch(build.batch(name, table, *files, *rows), now=now)
    for file in files:
        (images / file.page.image_path).parent.mkdir(parents=True, exist_ok=True)
        (images / file.page.image_path).write_bytes(file.path.encode())


def test_counts_training_and_validation_only(ledger, build, now, tmp_path):
    images = tmp_path / "images"
    add(ledger, build, now, images, "a", [date(2010, 1, 1), date(2015, 1, 1), date(2016, 1, 1)])
    testset.lock(ledger, "old", "tester")
    first = freeze_snapshot(ledger, tmp_path / "s", images)
    add(ledger, build, now, images, "b", [date(2011, 1, 1)])
    second = freeze_snapshot(ledger, tmp_path / "s", images)
    assert len(new_studies(ledger, first.snapshot_id, None)) == 2
    assert len(new_studies(ledger, second.snapshot_id, first.snapshot_id)) == 1
    assert not new_studies(ledger, first.snapshot_id, first.snapshot_id)
