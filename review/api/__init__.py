"""The review over HTTP. Experts appear by their alias alone, whoever asks (domain 3.6)."""
