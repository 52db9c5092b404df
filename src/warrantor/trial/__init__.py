"""12 AGAINST 18: the trial of a longer promise: its plan, its looks, its evidence and its verdict."""
