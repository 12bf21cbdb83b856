import numpy as np
import pytest
import torch

from ecgcore.reports.page.format import LEADS
from ecgcore.training.augment.lead_map import NO_LEAD, lead_map

SHRINK = np.tile([705 / 1402, 660 / 2100], 2)


def test_boxes_are_those_of_the_study_shrunk_with_the_image():
    where = lead_map(["old", "new"], 1320 // 2, 2820 // 4)
    old, new = where.boxes.numpy()
    np.testing.assert_allclose(old[LEADS.index("V2")], [1468 / 4, 220 / 2, 2820 / 4, 440 / 2])
    np.testing.assert_allclose(new[LEADS.index("aVF")], np.array([0, 1750, 701, 2100]) * SHRINK)
    np.testing.assert_allclose(new[LEADS.index("V1")], np.array([701, 0, 1402, 350]) * SHRINK)
    assert where.stacked.tolist() == [False, True]
    # V1 stands 1478 px from the left of the ECG box and 701 px from the left of the canonical image
    assert where.origins[1, LEADS.index("V1")].tolist() == [1478 - 701, 0]
    assert where.origins[1, LEADS.index("aVR")].tolist() == [740, -1050]
    assert where.origins[0].abs().max() == 0
    assert where.centres.tolist() == [[1410, 660], [1459, 525]]


@pytest.mark.parametrize("size", [(128, 176), (384, 384)])
def test_every_pixel_belongs_to_one_lead_six_rows_by_two_columns(size):
    where = lead_map(["new", "old"], *size)
    assert where.leads.min() == 0 and where.leads.max() == NO_LEAD - 1
    for leads, boundary in zip(where.leads, (701 / 1402, 1468 / 2820), strict=True):
        rows = torch.div(torch.arange(size[0]) + 0.5, size[0] / 6, rounding_mode="floor").long()
        columns = (torch.arange(size[1]) + 0.5 >= boundary * size[1]).long()
        assert torch.equal(leads, rows[:, None] + 6 * columns[None, :])
