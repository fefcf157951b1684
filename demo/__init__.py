"""An invented SaaS company with known causes of churn and growth.

Customers leave because adoption declines, a sponsor leaves without a successor who talks with the
vendor, incidents drag on, bills are not paid, goals are missed, onboarding is late, or their
company is bought or closes; they grow when seats run out, the product is well adopted and the
organisation is mature. Whoever decides does so near a decision point of the contract, and by
chance, with a probability that the causes move. Leakage traps of real companies are planted on
purpose; ``traps.at_the_source`` lists them.
"""

from .company import Company, build_company, example_company, write_company

__all__ = ["Company", "build_company", "example_company", "write_company"]
