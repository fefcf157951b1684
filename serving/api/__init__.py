"""One module a job: train, score, check, demo."""
