"""Exact SHAP values of LightGBM trees by a kernel of its own."""
