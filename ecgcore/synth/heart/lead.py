"""The twelve leads and how a heart vector projects on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
MEASURED = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")

# Dower, Machado and Osborne, Clin Cardiol 1980;3:87: leads from Frank's X (to the left), Y (down), Z (to the back)
LEAD_VECTORS: NDArray[np.float64] = np.array(
    [
        [0.632, -0.235, 0.059],
        [0.235, 1.066, -0.132],
        [-0.515, 0.157, -0.917],
        [0.044, 0.164, -1.387],
        [0.882, 0.098, -1.277],
        [1.213, 0.127, -0.601],
        [1.125, 0.127, -0.086],
        [0.831, 0.076, 0.230],
    ]
)


def project(heart_vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project a heart vector ``(3, n)`` in mV on the eight measured leads: ``(8, n)`` in mV."""
    return LEAD_VECTORS @ heart_vector


def twelve_leads(measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """Derive all twelve leads ``(12, n)`` from I, II, V1..V6 ``(8, n)``, by Einthoven's and Goldberger's definitions.

    III = II - I; aVR = -(I + II) / 2; aVL = (I - III) / 2; aVF = (II + III) / 2.
    """
    one, two = measured[0], measured[1]
    three = two - one
    augmented = (-(one + two) / 2, (one - three) / 2, (two + three) / 2)
    return np.vstack([one, two, three, *augmented, measured[2:]])
