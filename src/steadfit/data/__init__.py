"""Readers, samples and splits."""
