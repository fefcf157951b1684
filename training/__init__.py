"""What is learned: labels and cohorts, splits, models, calibration, scorers, backtest."""
