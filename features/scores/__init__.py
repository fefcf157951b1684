"""CHS and CMI from declared files."""
