"""The doctor: looks at what letters need beyond our own code, and says what to do."""

from notifier.doctor.finding import Finding, Light
from notifier.doctor.rounds import CHECKS, Report, examine
from notifier.doctor.visit import ward_of
from notifier.doctor.ward import Ward

__all__ = ["CHECKS", "Finding", "Light", "Report", "Ward", "examine", "ward_of"]
