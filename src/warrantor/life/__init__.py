"""THE LIFE: life tables, laws fitted to every stratum at once, lags."""
