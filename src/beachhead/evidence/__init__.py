"""What was forecast against what happened."""

from beachhead.evidence.forecasts import ORIGINS, Scores, mean_errors, score_forecasts

__all__ = ["ORIGINS", "Scores", "mean_errors", "score_forecasts"]
