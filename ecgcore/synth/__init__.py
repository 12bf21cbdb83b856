"""A synthetic hospital: signals with known disease, ECG reports in both formats, CMR tables and the truth."""
