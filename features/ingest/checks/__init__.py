"""Rows held against the contract, alone and across tables."""
