"""What holds for all tests."""

from hypothesis import settings

# A slow machine is no fault of the code: hypothesis would fail an example that takes over 0.2 s.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
