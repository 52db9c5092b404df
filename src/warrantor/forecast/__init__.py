"""What will come: claims of a longer guarantee, with the error past forecasts made."""
