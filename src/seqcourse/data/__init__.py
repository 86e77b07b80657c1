"""Real data from installed packages, no network."""
