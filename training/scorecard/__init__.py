"""Does the scorecard foresee churn, and which weights would."""
