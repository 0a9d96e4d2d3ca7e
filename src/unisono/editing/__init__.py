"""Moving on a map and coming back: walks, forecasts, class paths, and the lift to codes."""
