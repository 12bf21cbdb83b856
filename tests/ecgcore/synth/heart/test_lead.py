import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecgcore.synth.heart.lead import LEAD_VECTORS, LEADS, MEASURED, project, twelve_leads

finite = st.floats(-5, 5, allow_nan=False)


@given(arrays(np.float64, (8, 4), elements=finite))
def test_einthoven_and_goldberger_hold_to_rounding(measured):
    lead = dict(zip(LEADS, twelve_leads(measured), strict=True))
    tight = {"rtol": 0, "atol": 1e-14}
    np.testing.assert_allclose(lead["III"], lead["II"] - lead["I"], **tight)
    np.testing.assert_allclose(lead["aVR"] + lead["aVL"] + lead["aVF"], 0, **tight)
    np.testing.assert_allclose(lead["aVL"], lead["I"] - lead["II"] / 2, **tight)
    np.testing.assert_allclose(lead["aVF"], lead["II"] - lead["I"] / 2, **tight)
    for name, values in zip(MEASURED, measured, strict=True):
        np.testing.assert_array_equal(lead[name], values)


@pytest.mark.parametrize(
    ("direction", "facing"),
    [((1, 0, 0), "V4"), ((0, 1, 0), "II"), ((0, 0, -1), "V2"), ((0, 0, 1), "V6")],
)
def test_a_dipole_is_seen_by_the_lead_that_faces_it(direction, facing):
    seen = project(np.array(direction, dtype=float)[:, None])[:, 0]
    assert MEASURED[int(seen.argmax())] == facing


def test_lead_field_is_the_published_one():
    # Dower 1980 as tabulated in Malmivuo & Plonsey, Bioelectromagnetism: lead I and V2
    assert LEAD_VECTORS[0].tolist() == [0.632, -0.235, 0.059]
    assert LEAD_VECTORS[3].tolist() == [0.044, 0.164, -1.387]
