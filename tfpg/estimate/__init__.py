"""Fill the column: q-values, baselines, advantages and importance weights."""
