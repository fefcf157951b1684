"""An invented SaaS company with known causes of churn and growth."""

from .company import Company, build_company, write_company

__all__ = ["Company", "build_company", "write_company"]
