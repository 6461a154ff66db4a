"""Temperatures that people report, beside what OpenWeather says."""
