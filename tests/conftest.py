"""Shared by all tests: properties have no deadline, because a busy machine is no defect, and leave no files."""

from hypothesis import HealthCheck, settings

settings.register_profile("earwitness", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("earwitness")
